/*
 * match.h — step 3: which template a message is of. match.c is the only file that scans, catalog_hs.c the
 * only one that compiles.
 *
 * Rule    of the templates whose reader agrees the one with the most literal bytes, of equals the first of
 * the catalogue. Scans come in stages (catalog_build.h); one is left out if none of its templates begins as
 * the message does, or none that is more specific can fit a message of the template found.
 *
 * Threads the database is const; a scratch belongs to one thread.
 */
#ifndef IKEWATCH_CLASSIFY_MATCH_H
#define IKEWATCH_CLASSIFY_MATCH_H

#include "classify/catalog.h"

struct match_scratch; /* opaque */

/* @return NULL if memory is short */
struct match_scratch *match_scratch_new(const struct catalogue *cat);
void match_scratch_free(struct match_scratch *scratch); /* NULL is fine */

/**
 * @param text      a message without its head
 * @param captures  out: the fields of the template that fits
 * @return index of the template, or -1: none fits
 */
int match_text(
    const struct catalogue *cat, struct match_scratch *scratch, struct span text, struct captures *captures);

#endif
