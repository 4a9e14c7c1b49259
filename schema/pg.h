/*
 * pg.h — one connection to PostgreSQL; pg.c, pg_run.c and copy.c are the only files that include libpq-fe.h
 * (by pg_conn.h).
 *
 * Errors  SQLSTATE decides in one table (pg.c) which code a failure is:
 *           ERR_DBCONN   08*, 57P*, 25006, no answer: reconnect; what was sent last may have happened
 *           ERR_DBRETRY  40*, 53*, 55*, 57014: the same again may succeed
 *           ERR_DBROW    22*, 23*, 54*: a value is refused, the rest can do without it
 *           ERR_FENCED   IKW01, raised by position_advance()
 *           ERR_DB       everything else (0A*, 28*, 42*, 58*, XX*, …): a person must act
 *         logged once in pg.c with SQLSTATE, message and the statement's name.
 * Secrets the URI's password is never logged; errors name host, port and database only.
 * Threads a connection belongs to one thread at a time.
 */
#ifndef IKEWATCH_SCHEMA_PG_H
#define IKEWATCH_SCHEMA_PG_H

#include "classify/base/err.h"
#include "classify/base/span.h"

struct pg; /* opaque */

struct pg_options {
    const char *uri;              /* postgresql://… or key=value; NULL: libpq's environment */
    const char *application;      /* application_name, shown in pg_stat_activity */
    int64_t connect_timeout_ms;   /* default 10 s */
    int64_t statement_timeout_ms; /* 0: none */
    int64_t answer_timeout_ms;    /* a server silent for so long is given up: ERR_DBCONN; 0: waited for */
    bool ingest; /* sets idle_in_transaction_session_timeout, lock_timeout (design 3.3); of several hosts that
                    the URI names the one that can be written to is taken */
    char *error; /* where a failure to open is told in words, without secrets; NULL: nowhere */
    size_t error_cap;
    bool read_only; /* default_transaction_read_only */
};

/* @return 0 and *out; ERR_DBCONN or ERR_DB with a message that names the remedy logged. On failure *out is
 * NULL. */
int pg_open(const struct pg_options *options, struct pg **out);
void pg_close(struct pg *pg); /* NULL is fine */
/* The process ends: from this instant (CLOCK_MONOTONIC, ms) on no connection waits for an answer any more, as
 * if the server were silent. @thread any */
void pg_end_by(int64_t monotonic_ms);
bool pg_alive(const struct pg *pg);
int pg_backend_pid(const struct pg *pg);

/* The last failure in words, for /readyz and logs; "" if none. Valid until the next call on pg. */
const char *pg_error(const struct pg *pg);
/* The last SQLSTATE, "" if none. */
const char *pg_sqlstate(const struct pg *pg);
/* The constraint that the last failure names, "" if none. */
const char *pg_constraint(const struct pg *pg);
/* SQLSTATE and the message's first line, as for /readyz. @return out */
const char *pg_why(const struct pg *pg, char *out, size_t cap);

/* A parameter as text; ptr NULL is SQL NULL. */
struct pg_param {
    struct span text;
};

/**
 * One parameterised statement, its rows given one at a time as they arrive (single-row mode), columns as
 * text.
 * @param row  called for each row with n spans valid during the call (ptr NULL: SQL NULL); non-0 stops and is
 * returned. NULL: no rows wanted
 * @return 0, the callback's value, or an error
 */
typedef int (*pg_row_fn)(void *ctx, const struct span *columns, size_t n);
int pg_query(struct pg *pg, const char *name, const char *sql, const struct pg_param *params, size_t n,
    pg_row_fn row, void *ctx);

/* One of a chain of statements; the texts are constants whose addresses live as long as the program. */
struct pg_step {
    const char *name; /* of the prepared statement, made at first use in this session */
    const char *sql;
    const struct pg_param *params;
    size_t n;
    bool replan; /* not prepared: planned every time, for the tables as they are then */
};

/**
 * The steps in one round trip (pipeline mode); a failing one keeps those after it, a COMMIT too, from being
 * executed. Rows are thrown away. A transaction that is open after a failure is rolled back.
 * @return 0 or the error of the first that failed
 */
int pg_pipeline(struct pg *pg, const struct pg_step *steps, size_t count);

/* One statement by pg_pipeline() in autocommit, for what is asked once with no rows wanted. */
int pg_command(struct pg *pg, const char *name, const char *sql, const struct pg_param *params, size_t n);

/* A script of statements without parameters (BEGIN, migrations). */
int pg_script(struct pg *pg, const char *name, const char *sql);

/* The same, but only the first time in this session. */
int pg_script_once(struct pg *pg, const char *name, const char *sql);

/* Until told otherwise, failures with this SQLSTATE are the caller's business and are not logged; NULL: none.
 */
void pg_expect(struct pg *pg, const char *sqlstate);

/**
 * COPY (SELECT …) TO STDOUT as it arrives; used for CSV.
 * @param sql  no parameters are possible in COPY: the caller binds them through a prepared statement or
 * quotes by pg_literal()
 */
typedef int (*pg_bytes_fn)(void *ctx, struct span bytes);
int pg_copy_out(struct pg *pg, const char *name, const char *sql, pg_bytes_fn bytes, void *ctx);

/* s as a quoted SQL literal (PQescapeLiteral), malloc()ed; for COPY only. */
char *pg_literal(struct pg *pg, struct span s);

/* LISTEN/NOTIFY: the socket to poll, and the notifications that came. */
int pg_socket(const struct pg *pg);
typedef void (*pg_notify_fn)(void *ctx, const char *channel, const char *payload);
int pg_notifies(struct pg *pg, pg_notify_fn notify, void *ctx);

#endif
