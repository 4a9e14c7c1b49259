#include "schema/pg_conn.h"

#include "classify/base/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
    CONNECT_TIMEOUT_MS = 10000,
    TCP_USER_TIMEOUT_MS =
        30000, /* a peer that vanished: the worker must not wait for the kernel's 15 minutes */
    IDLE_IN_TRANSACTION_MS = 60000,
    LOCK_TIMEOUT_MS = 10000,
};

/* Longest prefix first: the first row that fits decides. */
static const struct {
    const char *sqlstate;
    int code;
} sqlstates[] = {
    {"IKW01", ERR_FENCED},
    {"25006",
        ERR_DBCONN}, /* read_only_sql_transaction: a standby; the next connection looks for another host */
    {"25P03", ERR_DBCONN},  /* idle_in_transaction_session_timeout: this process was stopped */
    {"40003", ERR_DBCONN},  /* statement_completion_unknown */
    {"57014", ERR_DBRETRY}, /* query_canceled: statement_timeout */
    {"08", ERR_DBCONN},     /* connection exception */
    {"22", ERR_DBROW},      /* data exception */
    {"23", ERR_DBROW},      /* integrity constraint violation */
    {"26", ERR_DBCONN},     /* invalid_sql_statement_name: a pooler gave us another's session */
    {"40", ERR_DBRETRY},    /* serialization_failure, deadlock_detected */
    {"53", ERR_DBRETRY},    /* disk_full, out_of_memory, too_many_connections */
    {"54", ERR_DBROW},      /* program_limit_exceeded: a value too long for an index */
    {"55", ERR_DBRETRY},    /* lock_not_available, object_in_use, a partition that is being detached */
    {"57P", ERR_DBCONN},    /* shutdown, crash, cannot connect now */
};

static int judge(const struct pg *pg)
{
    if (pg->silent || PQstatus(pg->conn) == CONNECTION_BAD)
        return ERR_DBCONN;
    for (size_t i = 0; i < sizeof(sqlstates) / sizeof(sqlstates[0]); i++)
        if (strncmp(pg->sqlstate, sqlstates[i].sqlstate, strlen(sqlstates[i].sqlstate)) == 0)
            return sqlstates[i].code;
    return ERR_DB;
}

/* libpq's messages end in a newline. */
static void keep_error(struct pg *pg, const char *message)
{
    span_copy(pg->error, sizeof(pg->error), span_of(message));
    size_t n = strlen(pg->error);
    while (n > 0 && pg->error[n - 1] == '\n')
        pg->error[--n] = '\0';
}

int pg_fail(struct pg *pg, const PGresult *res, const char *name)
{
    const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
    const char *message = res ? PQresultErrorMessage(res) : NULL;
    const char *constraint = res ? PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME) : NULL;

    span_copy(pg->sqlstate, sizeof(pg->sqlstate), span_of(state ? state : ""));
    span_copy(pg->constraint, sizeof(pg->constraint), span_of(constraint ? constraint : ""));
    keep_error(pg, message && *message ? message : PQerrorMessage(pg->conn));
    if (pg->silent)
        snprintf(pg->error, sizeof(pg->error), "no answer from the server within %lld ms",
            (long long)pg->answer_timeout_ms);
    int code = judge(pg);
    if (pg->expected && strcmp(pg->sqlstate, pg->expected) == 0)
        return code;
    log_write(code == ERR_DB ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "pg.failed",
        "statement=%s sqlstate=%s message=%s", name, *pg->sqlstate ? pg->sqlstate : "-",
        log_quote(pg->error));
    return code;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static _Atomic int64_t end_by_ms = INT64_MAX;
enum { LOOK_MS = 100 };

void pg_end_by(int64_t monotonic_ms)
{
    atomic_store(&end_by_ms, monotonic_ms);
}

static int64_t left_of(int64_t deadline_ms)
{
    int64_t end_ms = atomic_load(&end_by_ms);
    return (deadline_ms < end_ms ? deadline_ms : end_ms) - now_ms();
}

/* tcp_user_timeout helps when the peer's kernel is gone; a server or proxy that hangs still acknowledges. */
PGresult *pg_result(struct pg *pg)
{
    int64_t deadline_ms = now_ms() + pg->answer_timeout_ms;

    while (pg->answer_timeout_ms > 0 && pg_alive(pg) && PQisBusy(pg->conn)) {
        struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
        int64_t left_ms = left_of(deadline_ms);
        if (left_ms <= 0) {
            pg->silent = true;
            shutdown(fd.fd, SHUT_RDWR); /* libpq then finds the connection closed */
            break;
        }
        if (poll(&fd, 1, (int)(left_ms < LOOK_MS ? left_ms : LOOK_MS)) > 0 && !PQconsumeInput(pg->conn))
            break;
    }
    return PQgetResult(pg->conn);
}

void pg_rollback(struct pg *pg)
{
    if (pg_alive(pg) && PQtransactionStatus(pg->conn) != PQTRANS_IDLE && PQsendQuery(pg->conn, "ROLLBACK"))
        pg_drain(pg);
}

void pg_drain(struct pg *pg)
{
    PGresult *res;

    while ((res = pg_result(pg))) {
        ExecStatusType status = PQresultStatus(res);
        PQclear(res);
        if (status == PGRES_COPY_IN)
            PQputCopyEnd(pg->conn, "given up");
        if (status == PGRES_COPY_OUT) {
            char *row;
            while (PQgetCopyData(pg->conn, &row, 0) > 0)
                PQfreemem(row);
        }
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            break;
    }
}

void pg_cancel(struct pg *pg)
{
    char ignored[256];
    PGcancel *cancel = PQgetCancel(pg->conn);

    if (cancel) {
        PQcancel(cancel, ignored, sizeof(ignored));
        PQfreeCancel(cancel);
    }
    pg_drain(pg);
}

/* libpq repeats a text that it cannot read, password and all; so it is only asked whether it can. */
static bool uri_readable(const char *uri)
{
    char *ignored = NULL;
    PQconninfoOption *parsed = PQconninfoParse(uri, &ignored);
    bool readable = parsed != NULL;

    PQconninfoFree(parsed);
    PQfreemem(ignored);
    return readable;
}

static PGconn *connect_to(const struct pg_options *options)
{
    char connect_s[24], user_timeout[24];
    int64_t ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;

    snprintf(connect_s, sizeof(connect_s), "%lld", (long long)((ms + 999) / 1000));
    snprintf(user_timeout, sizeof(user_timeout), "%d", TCP_USER_TIMEOUT_MS);
    /* Before "dbname" a default that the URI may replace, after it what it may not. */
    const char *keys[] = {"connect_timeout", "tcp_user_timeout", "target_session_attrs", "dbname",
        "fallback_application_name", "client_encoding", NULL};
    const char *values[] = {connect_s, user_timeout, options->ingest ? "read-write" : "any",
        options->uri ? options->uri : "", options->application ? options->application : "ikewatch", "UTF8",
        NULL};
    return PQconnectdbParams(keys, values, 1);
}

/* Fixed, so that what rows look like as text depends on no server's configuration. */
static int configure(struct pg *pg, const struct pg_options *options)
{
    char sql[640];
    int n = snprintf(sql, sizeof(sql),
        "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET bytea_output "
        "= 'hex'; "
        "SET client_min_messages = warning; SET statement_timeout = %lld",
        (long long)options->statement_timeout_ms);

    if (options->ingest)
        n += snprintf(sql + n, sizeof(sql) - (size_t)n,
            "; SET idle_in_transaction_session_timeout = %d; SET lock_timeout = %d; SET synchronous_commit = "
            "on",
            IDLE_IN_TRANSACTION_MS, LOCK_TIMEOUT_MS);
    if (options->read_only)
        snprintf(sql + n, sizeof(sql) - (size_t)n, "; SET default_transaction_read_only = on");
    return pg_script(pg, "configure", sql);
}

static void log_unreachable(const struct pg *pg, const struct pg_options *options)
{
    const char *host = PQhost(pg->conn), *port = PQport(pg->conn), *db = PQdb(pg->conn);
    const char *message = PQerrorMessage(pg->conn);
    char first[PG_ERROR_BYTES];

    span_copy(first, sizeof(first), span_of(message ? message : ""));
    first[strcspn(first, "\n")] = '\0';
    if (options->error)
        span_copy(options->error, options->error_cap, span_of(first));
    log_error("pg.unreachable",
        "host=%s port=%s database=%s message=%s remedy=\"is PostgreSQL running there? check database.uri\"",
        log_quote(host ? host : ""), log_quote(port ? port : ""), log_quote(db ? db : ""), log_quote(first));
}

static void log_notice(void *ctx, const char *message)
{
    char text[PG_ERROR_BYTES];

    (void)ctx;
    span_copy(text, sizeof(text), span_of(message));
    text[strcspn(text, "\n")] = '\0';
    log_warn("pg.notice", "message=%s", log_quote(text));
}

int pg_open(const struct pg_options *options, struct pg **out)
{
    int rc;

    *out = NULL;
    if (options->uri && !uri_readable(options->uri)) {
        log_error("pg.uri", "remedy=\"database.uri cannot be read; write postgresql://USER@HOST:PORT/NAME\"");
        return ERR_DB;
    }
    struct pg *pg = calloc(1, sizeof(*pg));
    if (!pg)
        return ERR_NOMEM;
    pg->answer_timeout_ms = options->answer_timeout_ms;
    pg->conn = connect_to(options);
    if (PQstatus(pg->conn) != CONNECTION_OK) {
        log_unreachable(pg, options);
        rc = ERR_DBCONN;
        goto fail;
    }
    PQsetNoticeProcessor(pg->conn, log_notice, NULL);
    rc = configure(pg, options);
    if (rc < 0) {
        if (options->error)
            pg_why(pg, options->error, options->error_cap);
        goto fail;
    }
    *out = pg;
    return 0;
fail:
    pg_close(pg);
    return rc;
}

void pg_close(struct pg *pg)
{
    if (!pg)
        return;
    PQfinish(pg->conn);
    free(pg->bytes);
    free(pg);
}

bool pg_alive(const struct pg *pg)
{
    return pg && PQstatus(pg->conn) == CONNECTION_OK;
}

int pg_backend_pid(const struct pg *pg)
{
    return PQbackendPID(pg->conn);
}

const char *pg_error(const struct pg *pg)
{
    return pg->error;
}

const char *pg_sqlstate(const struct pg *pg)
{
    return pg->sqlstate;
}

const char *pg_constraint(const struct pg *pg)
{
    return pg->constraint;
}

const char *pg_why(const struct pg *pg, char *out, size_t cap)
{
    struct span message = span_of(pg->error);

    if (span_starts(message, SPAN("ERROR:  ")) || span_starts(message, SPAN("FATAL:  ")))
        message = span_skip(message, 8);
    message.len = strcspn(message.ptr, "\n");
    snprintf(out, cap, "%s%s%.*s", pg->sqlstate, *pg->sqlstate ? " " : "", (int)message.len, message.ptr);
    return out;
}

void pg_expect(struct pg *pg, const char *sqlstate)
{
    pg->expected = sqlstate;
}

char *pg_literal(struct pg *pg, struct span s)
{
    char *quoted = PQescapeLiteral(pg->conn, s.ptr ? s.ptr : "", s.len);
    char *copy = quoted ? strdup(quoted) : NULL; /* libpq's memory is its own to free */

    PQfreemem(quoted);
    return copy;
}

int pg_socket(const struct pg *pg)
{
    return PQsocket(pg->conn);
}

int pg_notifies(struct pg *pg, pg_notify_fn notify, void *ctx)
{
    if (!PQconsumeInput(pg->conn))
        return pg_fail(pg, NULL, "notifies");
    PGnotify *n;
    while ((n = PQnotifies(pg->conn))) {
        notify(ctx, n->relname, n->extra ? n->extra : "");
        PQfreemem(n);
    }
    return 0;
}
