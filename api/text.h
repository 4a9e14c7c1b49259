/*
 * text.h — a text that grows: how answers that are not rows are written (problems, probes, OpenAPI, SQL array
 * literals).
 *
 * Errors  out of memory sticks in the text and is looked at once, at the end, by text_take().
 * Threads none inside; values.
 */
#ifndef IKEWATCH_API_TEXT_H
#define IKEWATCH_API_TEXT_H

#include "classify/base/span.h"

struct text { /* start with {0} */
    char *ptr;
    size_t len, cap;
    bool failed;
};

void text_add(struct text *t, struct span s);
void text_format(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void text_json(struct text *t, struct span s);

/* s as one element of a PostgreSQL array literal, quoted always. */
void text_array_element(struct text *t, struct span s);

/* The bytes, NUL-terminated, now the caller's to free(); NULL when memory was short. *t is empty afterwards.
 */
char *text_take(struct text *t);

/* Is all of s well-formed UTF-8 without NUL and control characters? */
bool text_printable(struct span s);

#endif
