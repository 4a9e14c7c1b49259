/*
 * settle.h — what the database's answer means for a partition: go on, the same again, another connection,
 * search for the refused record, claim anew, or wait for a person.
 *
 * Threads one worker.
 */
#ifndef IKEWATCH_INGEST_SETTLE_H
#define IKEWATCH_INGEST_SETTLE_H

#include "ingest/consumer.h"
#include "ingest/database.h"

struct settle {
    struct database *db;
    struct consumer *consumer;
    char parked_reason[320]; /* of the last partition that was parked: SQLSTATE and message */
};

/* @param rc  of a call that was given d->pg, which is open */
void settle_answer(struct settle *s, struct partition *p, int rc);

/* Why a worker is not ready, or what is still to come; "" if nothing. */
struct settle_state {
    bool failed, connected;
    size_t parked, stopped, waiting; /* partitions: by a refusal, at a gap, still to be claimed */
    unsigned failures;               /* of the database in a row */
    const char *database, *refusal;  /* what it said last; what parked the last partition */
};

/* @return is the worker ready? */
bool settle_reason(const struct settle_state *s, char *out, size_t cap);

#endif
