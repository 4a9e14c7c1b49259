/*
 * content.h — what a database would hold after these rows: the last version of each, by key. For tests that
 * compare runs.
 */
#ifndef IKEWATCH_TESTS_CONTENT_H
#define IKEWATCH_TESTS_CONTENT_H

#include "classify/row.h"

struct content; /* opaque */

struct content *content_new(void);
void content_free(struct content *c);

/* Upserts every content row of the batch (evidence replaced per incident; dead letters and unknown templates
 * are not content). */
void content_add(struct content *c, const struct rows *rows);

/* All rows as sorted lines of text, malloc()ed: two contents are equal if these are. */
char *content_text(const struct content *c);

#endif
