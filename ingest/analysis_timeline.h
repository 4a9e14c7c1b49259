/*
 * analysis_timeline.h — what happened to one tunnel, in order: ups and downs, and exchanges that did not go
 * as they should.
 */
#ifndef IKEWATCH_INGEST_ANALYSIS_TIMELINE_H
#define IKEWATCH_INGEST_ANALYSIS_TIMELINE_H

#include "ingest/analysis_paper.h"

/* An exchange as words: "we sent INFORMATIONAL request 543, sent again 3 times, never answered". @return
 * length */
size_t analysis_exchange_words(const struct row_exchange *x, char *buf, size_t cap);

/* @param all  every exchange, else only those retransmitted, refused or unanswered. @return 0 or ERR_NOMEM */
int analysis_print_timeline(
    const struct analysis *a, const struct paper *p, const struct row_tunnel *t, bool all);

#endif
