/*
 * copy.h — opens a transaction and copies rows in: one string of COPY statements, so that each table costs
 * one round trip.
 */
#ifndef IKEWATCH_SCHEMA_COPY_H
#define IKEWATCH_SCHEMA_COPY_H

#include "schema/pg.h"
#include "schema/row_copy.h"

/* Is this row to be copied? */
typedef bool (*copy_pick_fn)(const void *row, void *ctx);

struct copy_job {
    const char *target; /* qualified: ikewatch.exchange, pg_temp.stage_tunnel */
    const struct row_table *table;
    const void *rows;
    size_t count;
    copy_pick_fn pick; /* NULL: every row */
    void *ctx;
    const uint32_t *order; /* in which the rows are sent, each once; NULL: as they stand */
};

/**
 * BEGIN, the statement that has to succeed before any row is sent, then each job. The rows are stored only if
 * this returns 0 and the caller's COMMIT does too.
 * @param first  NULL: none; then BEGIN travels with the COPYs
 * @return 0 and the transaction is open; else it is rolled back and nothing was written
 */
int copy_begin(struct pg *pg, const struct pg_step *first, const struct copy_job *jobs, size_t count);

/* How many transactions copy_begin() has opened in this session, this one included. */
unsigned copy_begun(const struct pg *pg);

#endif
