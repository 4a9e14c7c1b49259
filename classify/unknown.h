/*
 * unknown.h — lines of charon that no template knows, counted by their text with numbers, addresses and names
 * masked, so that a firmware update is noticed.
 */
#ifndef IKEWATCH_CLASSIFY_UNKNOWN_H
#define IKEWATCH_CLASSIFY_UNKNOWN_H

#include "classify/state.h"

/* The text with what varies masked. @return bytes written to out, less than cap */
size_t unknown_mask(struct span text, char *out, size_t cap);

void unknown_count(struct classify *c, struct span text, int64_t at_ms);
/* Adds a row for each text seen since the last call, and begins anew. */
void unknown_collect(struct classify *c, struct rows *out);

#endif
