/*
 * suggest.h — the known word that a mistyped one was probably meant to be.
 */
#ifndef IKEWATCH_BASE_SUGGEST_H
#define IKEWATCH_BASE_SUGGEST_H

#include "classify/base/span.h"

/* Edits (insert, delete, replace, swap of neighbours) from a to b, cut at 64 characters each; ASCII case is
 * ignored. */
size_t suggest_distance(const char *a, const char *b);

/* Keeps the nearer of *best (NULL: none yet) and `known`, if that is near enough to `word` to be meant. */
void suggest_consider(const char *word, const char *known, const char **best);

#endif
