/*
 * pg_conn.h — the inside of a connection, for pg.c, pg_run.c and copy.c; nobody else includes it.
 */
#ifndef IKEWATCH_SCHEMA_PG_CONN_H
#define IKEWATCH_SCHEMA_PG_CONN_H

#include "schema/pg.h"

#include <libpq-fe.h>

enum {
    PG_STEPS_MAX = 64,
    PG_PREPARED_MAX = 64,
    PG_SQLSTATE_BYTES = 6,
    PG_ERROR_BYTES = 1024,
    PG_NAME_BYTES = 64
};

struct pg {
    PGconn *conn;
    const char *prepared[PG_PREPARED_MAX]; /* names of statements prepared and scripts run once in this
                                              session; constants */
    size_t prepared_count;
    const char *expected; /* a SQLSTATE that the caller handles: not logged; NULL: none */
    char sqlstate[PG_SQLSTATE_BYTES];
    char error[PG_ERROR_BYTES];
    char constraint[PG_NAME_BYTES];
    int64_t answer_timeout_ms; /* 0: none */
    bool silent;               /* given up because no answer came in that time */
    unsigned begun;            /* transactions by copy_begin() in this session */
    char *bytes;               /* COPY data on its way, kept for the next */
    size_t bytes_cap;
};

/* Remember, log and judge the failure of a statement. @param res NULL: the connection's error. @return
 * ERR_DB… */
int pg_fail(struct pg *pg, const PGresult *res, const char *name);

/* PQgetResult(), for no longer than the answer's time-out: then the connection is given up. */
PGresult *pg_result(struct pg *pg);

/* End what may be open. */
void pg_rollback(struct pg *pg);

/* Read what is left of a command, ending a COPY that is open: libpq takes no new one before. */
void pg_drain(struct pg *pg);

/* Stop what runs on the server and drain. */
void pg_cancel(struct pg *pg);

#endif
