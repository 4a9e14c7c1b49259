/*
 * analysis_advice.h — what the catalogue says to do about an incident, its commands made out for the tunnel:
 * PEER, N and ipsecN of them are put in where the tunnel's address, VPN and interface are known.
 */
#ifndef IKEWATCH_INGEST_ANALYSIS_ADVICE_H
#define IKEWATCH_INGEST_ANALYSIS_ADVICE_H

#include "ingest/analysis.h"

/* One text of the catalogue. @return malloc()ed; NULL: `text` is NULL, or no memory */
char *analysis_advice_fill(const struct row_tunnel *tunnel, const char *text);

/* Is the reader told what to turn on? */
bool analysis_advice_asks_for_more(
    const struct analysis *a, const struct row_incident *n, const struct cause *cause);

/* All of it in one text, a line a thought. @return as above */
char *analysis_advice_all(
    const struct analysis *a, const struct row_incident *n, const struct cause *cause, bool japanese);

#endif
