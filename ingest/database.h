/*
 * database.h — a worker's connection: opened when needed, given up on failure, tried again with growing
 * pauses.
 *
 * Threads one worker.
 */
#ifndef IKEWATCH_INGEST_DATABASE_H
#define IKEWATCH_INGEST_DATABASE_H

#include "ingest/partition.h"

struct database {
    const struct ingest_options *options;
    unsigned worker; /* its number, for names and logs */
    struct pg *pg;   /* NULL: away */
    struct known_days *days;
    int64_t retry_at_ms; /* monotonic; nothing is asked of the database before */
    unsigned failures;   /* in a row */
    char reason[320];    /* of the last one: SQLSTATE and message */
    uint64_t jitter;
};

/* @return 0 or ERR_NOMEM */
int database_init(struct database *d, const struct ingest_options *options, unsigned worker);
void database_close(struct database *d);

/* Open if it is time. @return 0: open; ERR_SCHEMA: for good, the schema does not fit; another error: not now
 */
int database_open(struct database *d);

/* It answered with success: the next failure is the first again. */
void database_answered(struct database *d);

/* A new session at the next database_open(), at once: what a person has changed may not fit the old one. */
void database_renew(struct database *d);

/* Not before a pause: 0.1 s, doubled with each failure up to 5 s, by chance up to half of it shorter. */
void database_hold(struct database *d);

/* The connection is gone; also holds. */
void database_lost(struct database *d);

/* A value in [ms / 2, ms], so that workers and processes do not come back in step. */
int64_t database_jitter(struct database *d, int64_t ms);

/* p->flush, as one transaction. @return as flush_commit(); on 0 partition_committed() has been called */
int database_store(struct database *d, struct partition *p);

#endif
