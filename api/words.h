/*
 * words.h — blank-separated lists of words, as the tables of this room write choices and parameters.
 */
#ifndef IKEWATCH_API_WORDS_H
#define IKEWATCH_API_WORDS_H

#include "classify/base/span.h"

enum { WORD_CAP = 64 };

/* The next word of *list, which moves behind it; SPAN_NONE at the end. */
struct span words_next(struct span *list);

bool words_hold(struct span list, struct span word);

/* The word that was probably meant, in buf; NULL when none is near. */
const char *words_nearest(struct span list, struct span word, char buf[WORD_CAP]);

#endif
