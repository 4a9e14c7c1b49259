/*
 * explain_fact.h — a fact of fact.def as a sentence about the tunnel.
 */
#ifndef IKEWATCH_INGEST_EXPLAIN_FACT_H
#define IKEWATCH_INGEST_EXPLAIN_FACT_H

#include "classify/event.h"

/* Constant; "" for FACT_NONE. */
const char *explain_fact(enum fact fact);
/* An event of event.def in its words. Constant. */
const char *explain_event(enum event_kind kind);

#endif
