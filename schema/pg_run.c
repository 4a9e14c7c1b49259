#include "schema/pg_conn.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 256, PARAMS_MAX = 64 };

/* libpq wants terminated texts; spans are not. */
struct texts {
    const char *values[PARAMS_MAX];
    char *bytes;
};

/* @return 0; ERR_INVAL: more than PARAMS_MAX, or a NUL, which no PostgreSQL text can hold; ERR_NOMEM */
static int texts_init(struct texts *t, const struct pg_param *params, size_t n)
{
    size_t need = 1;

    t->bytes = NULL;
    if (n > PARAMS_MAX)
        return ERR_INVAL;
    for (size_t i = 0; i < n; i++) {
        if (params[i].text.ptr && memchr(params[i].text.ptr, 0, params[i].text.len))
            return ERR_INVAL;
        need += params[i].text.len + 1;
    }
    char *at = t->bytes = malloc(need);
    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        t->values[i] = params[i].text.ptr ? at : NULL;
        at += span_copy(at, params[i].text.len + 1, params[i].text) + 1;
    }
    return 0;
}

static int give_row(const PGresult *res, pg_row_fn row, void *ctx)
{
    struct span columns[COLUMNS_MAX];
    int n = PQnfields(res);

    if (n > COLUMNS_MAX)
        return ERR_BUG;
    for (int i = 0; i < n; i++)
        columns[i] = PQgetisnull(res, 0, i)
                         ? SPAN_NONE
                         : span_from(PQgetvalue(res, 0, i), (size_t)PQgetlength(res, 0, i));
    return row(ctx, columns, (size_t)n);
}

/* The results of one command up to its end. */
static int take_rows(struct pg *pg, const char *name, pg_row_fn row, void *ctx)
{
    int rc = 0;
    PGresult *res;

    while (rc == 0 && (res = pg_result(pg))) {
        ExecStatusType status = PQresultStatus(res);
        if (status == PGRES_SINGLE_TUPLE)
            rc = row ? give_row(res, row, ctx) : 0;
        else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            rc = pg_fail(pg, res, name);
        PQclear(res);
    }
    return rc;
}

int pg_query(struct pg *pg, const char *name, const char *sql, const struct pg_param *params, size_t n,
    pg_row_fn row, void *ctx)
{
    struct texts texts;
    int rc = texts_init(&texts, params, n);

    if (rc < 0)
        return rc;
    if (!PQsendQueryParams(pg->conn, sql, (int)n, NULL, texts.values, NULL, NULL, 0)) {
        rc = pg_fail(pg, NULL, name);
        goto out;
    }
    PQsetSingleRowMode(pg->conn);
    rc = take_rows(pg, name, row, ctx);
    if (rc != 0 && pg_alive(pg) && PQtransactionStatus(pg->conn) == PQTRANS_ACTIVE)
        pg_cancel(pg); /* the caller has enough: the rest of the rows need not be made */
    pg_drain(pg);
out:
    free(texts.bytes);
    return rc;
}

int pg_script(struct pg *pg, const char *name, const char *sql)
{
    PGresult *res;
    int rc = PQsendQuery(pg->conn, sql) ? 0 : pg_fail(pg, NULL, name);

    while (rc == 0 && (res = pg_result(pg))) {
        ExecStatusType status = PQresultStatus(res);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
            rc = pg_fail(pg, res, name);
        PQclear(res);
    }
    pg_drain(pg);
    return rc;
}

int pg_copy_out(struct pg *pg, const char *name, const char *sql, pg_bytes_fn bytes, void *ctx)
{
    int rc = 0, n = 0;
    char *row;
    PGresult *res = PQexec(pg->conn, sql);

    if (PQresultStatus(res) != PGRES_COPY_OUT) {
        rc = pg_fail(pg, res, name);
        goto out;
    }
    while (rc == 0 && (n = PQgetCopyData(pg->conn, &row, 0)) > 0) {
        rc = bytes(ctx, span_from(row, (size_t)n));
        PQfreemem(row);
    }
    if (rc != 0) {
        pg_cancel(pg);
        goto out;
    }
    PQclear(res);
    res = n == -1 ? pg_result(pg) : NULL; /* the server's verdict */
    rc = PQresultStatus(res) == PGRES_COMMAND_OK ? 0 : pg_fail(pg, res, name);
out:
    PQclear(res);
    pg_drain(pg);
    return rc;
}

static bool is_prepared(const struct pg *pg, const char *name)
{
    for (size_t i = 0; i < pg->prepared_count; i++)
        if (strcmp(pg->prepared[i], name) == 0)
            return true;
    return false;
}

int pg_script_once(struct pg *pg, const char *name, const char *sql)
{
    int rc = is_prepared(pg, name) ? 0 : pg_script(pg, name, sql);

    if (rc == 0 && !is_prepared(pg, name) && pg->prepared_count < PG_PREPARED_MAX)
        pg->prepared[pg->prepared_count++] = name;
    return rc;
}

/* Queue one step, its PREPARE before it if this session has not got it yet. */
static int step_send(struct pg *pg, const struct pg_step *step, bool *prepares)
{
    struct texts texts;
    int rc = texts_init(&texts, step->params, step->n), sent = 1;
    bool has = is_prepared(pg, step->name);

    if (rc < 0)
        return rc;
    *prepares = !step->replan && !has && pg->prepared_count < PG_PREPARED_MAX;
    if (*prepares)
        sent = PQsendPrepare(pg->conn, step->name, step->sql, 0, NULL);
    if (sent && (*prepares || has))
        sent = PQsendQueryPrepared(pg->conn, step->name, (int)step->n, texts.values, NULL, NULL, 0);
    else if (sent)
        sent = PQsendQueryParams(pg->conn, step->sql, (int)step->n, NULL, texts.values, NULL, NULL, 0);
    free(texts.bytes);
    return sent ? 0 : pg_fail(pg, NULL, step->name);
}

/* One command's results; in a pipeline NULL stands after each. Its first may come row by row if the command
 * before the pipeline did. */
static int take_one(struct pg *pg, const char *name)
{
    PGresult *res = pg_result(pg);
    int rc = res ? 0 : pg_fail(pg, NULL, name);

    while (res) {
        ExecStatusType status = PQresultStatus(res);
        if (rc == 0 && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_SINGLE_TUPLE)
            rc = pg_fail(pg, res, name);
        PQclear(res);
        res = pg_alive(pg) ? pg_result(pg) : NULL;
    }
    return rc;
}

/* The results up to and with the one that failed. */
static int take_all(struct pg *pg, const struct pg_step *steps, size_t count, const bool *prepares)
{
    for (size_t i = 0; i < count; i++) {
        int rc = prepares[i] ? take_one(pg, steps[i].name) : 0;
        if (rc == 0 && prepares[i])
            pg->prepared[pg->prepared_count++] = steps[i].name;
        if (rc == 0)
            rc = take_one(pg, steps[i].name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Read to the answer of PQpipelineSync(), over the aborted ones. */
static void take_sync(struct pg *pg)
{
    bool synced = false;

    for (int nulls = 0; !synced && nulls < 2 && pg_alive(pg);) {
        PGresult *res = pg_result(pg);
        nulls = res ? 0 : nulls + 1;
        synced = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
        PQclear(res);
    }
}

int pg_pipeline(struct pg *pg, const struct pg_step *steps, size_t count)
{
    bool prepares[PG_STEPS_MAX] = {false};
    int rc = 0;

    if (count > PG_STEPS_MAX)
        return ERR_BUG;
    if (!PQenterPipelineMode(pg->conn))
        return pg_fail(pg, NULL, "pipeline");
    size_t sent = 0;
    while (rc == 0 && sent < count) {
        rc = step_send(pg, &steps[sent], &prepares[sent]);
        sent += rc == 0;
    }
    if (!PQpipelineSync(pg->conn))
        rc = rc < 0 ? rc : pg_fail(pg, NULL, "pipeline");
    int taken = rc == 0 ? take_all(pg, steps, sent, prepares) : 0;
    take_sync(pg);
    PQexitPipelineMode(pg->conn);
    rc = rc < 0 ? rc : taken;
    if (rc < 0)
        pg_rollback(pg);
    return rc;
}

int pg_command(struct pg *pg, const char *name, const char *sql, const struct pg_param *params, size_t n)
{
    struct pg_step step = {.name = name, .sql = sql, .params = params, .n = n};
    return pg_pipeline(pg, &step, 1);
}
