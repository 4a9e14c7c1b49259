/*
 * session.h — a connection that owns a partition of an empty database and collects a batch, as ingest does.
 *
 * Errors  what does not succeed in opening fails the test. Threads one session, one thread.
 */
#ifndef IKEWATCH_TESTS_SQL_SESSION_H
#define IKEWATCH_TESTS_SQL_SESSION_H

#include "schema/flush.h"

static const int64_t day_ms = 86400000, noon = 1781784000000; /* 2026-06-18 12:00 UTC */

/* A session that owns partition 3 and collects a batch. */
struct session {
    struct pg *pg;
    struct known_days *days;
    struct rows rows;
    struct claim claim;
    struct flush flush;
};

extern const struct partition_key session_key;

/* Claims; takes pg. */
void session_open(struct session *s, struct pg *pg);
void session_close(struct session *s);

/* The batch, as records [from, from + 1). @return as flush_commit() */
int session_flush(struct session *s);

/* A row of the batch, to be changed further. */
struct row_exchange *add_exchange(struct session *s, uint64_t id, int64_t requested);
struct row_incident *add_incident(struct session *s, uint64_t id);
struct row_outage *add_outage(struct session *s, uint64_t id, int64_t down_at, int64_t up_at);

#endif
