/*
 * text.h — bytes of a log as text that PostgreSQL and JSON take: UTF-8 without NUL, anything else as U+FFFD.
 *
 * Source  Unicode 15, 3.9, table 3-7 (well-formed UTF-8); RFC 3629.
 */
#ifndef IKEWATCH_CLASSIFY_TEXT_H
#define IKEWATCH_CLASSIFY_TEXT_H

#include "classify/base/arena.h"

/* A copy in the arena; SPAN_NONE stays SPAN_NONE. */
struct span text_clean(struct arena *arena, struct span bytes);

#endif
