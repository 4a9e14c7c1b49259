#include "schema/copy.h"

#include "schema/pg_conn.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEND_BYTES = 256 * 1024 };

static void put_text(struct copy_buffer *b, const char *text)
{
    size_t n = strlen(text);

    while (b->cap - b->len <= n) {
        b->cap = b->cap ? b->cap * 2 : 4096;
        char *grown = realloc(b->bytes, b->cap);
        if (!grown)
            abort();
        b->bytes = grown;
    }
    memcpy(b->bytes + b->len, text, n + 1);
    b->len += n;
}

/* The statements of all jobs as one string that goes on from `before`, to be freed. */
static char *copy_statements(const char *before, const struct copy_job *jobs, size_t count)
{
    struct copy_buffer b = {0};

    put_text(&b, before);
    for (size_t i = 0; i < count; i++) {
        put_text(&b, b.len ? "; COPY " : "COPY ");
        put_text(&b, jobs[i].target);
        for (size_t c = 0; c < jobs[i].table->count; c++) {
            put_text(&b, c ? ", " : " (");
            put_text(&b, jobs[i].table->columns[c].name);
        }
        put_text(&b, ") FROM STDIN (FORMAT binary)");
    }
    return b.bytes;
}

static int send_bytes(struct pg *pg, struct copy_buffer *b)
{
    int rc = PQputCopyData(pg->conn, b->bytes, (int)b->len) == 1 ? 0 : pg_fail(pg, NULL, "copy.send");
    b->len = 0;
    return rc;
}

static int send_rows(struct pg *pg, const struct copy_job *job, struct copy_buffer *b)
{
    int rc = 0;

    row_copy_header(b);
    for (size_t i = 0; rc == 0 && i < job->count; i++) {
        const char *row = (const char *)job->rows + (job->order ? job->order[i] : i) * job->table->row_bytes;
        if (job->pick && !job->pick(row, job->ctx))
            continue;
        row_copy_encode(b, job->table, row);
        if (b->len >= SEND_BYTES)
            rc = send_bytes(pg, b);
    }
    row_copy_trailer(b);
    if (rc == 0)
        rc = send_bytes(pg, b);
    if (rc == 0 && PQputCopyEnd(pg->conn, NULL) != 1)
        rc = pg_fail(pg, NULL, "copy.send");
    return rc;
}

/* The server's word on the statement before: COPY_IN opens the next one, COMMAND_OK ends one. */
static int expect(struct pg *pg, ExecStatusType wanted, const char *name)
{
    PGresult *res = pg_result(pg);
    int rc = PQresultStatus(res) == wanted ? 0 : pg_fail(pg, res, name);

    PQclear(res);
    return rc;
}

static int begin_with(struct pg *pg, const struct pg_step *first)
{
    const struct pg_step steps[] = {{"begin", "BEGIN", NULL, 0, true}, *first};
    return pg_pipeline(pg, steps, 2);
}

static int copy_jobs(struct pg *pg, const char *begin, const struct copy_job *jobs, size_t count)
{
    struct copy_buffer b = {.bytes = pg->bytes, .cap = pg->bytes_cap};
    char *statements = copy_statements(begin, jobs, count);
    int rc = PQsendQuery(pg->conn, statements) ? 0 : pg_fail(pg, NULL, "copy.begin");

    if (rc == 0 && *begin)
        rc = expect(pg, PGRES_COMMAND_OK, "begin");
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = expect(pg, PGRES_COPY_IN, jobs[i].target);
        b.len = 0;
        if (rc == 0)
            rc = send_rows(pg, &jobs[i], &b);
        if (rc == 0)
            rc = expect(pg, PGRES_COMMAND_OK, jobs[i].target); /* PQputCopyEnd() only queued the rows */
    }
    free(statements);
    pg->bytes = b.bytes;
    pg->bytes_cap = b.cap;
    pg_drain(pg);
    return rc;
}

int copy_begin(struct pg *pg, const struct pg_step *first, const struct copy_job *jobs, size_t count)
{
    int rc = first ? begin_with(pg, first) : 0;

    if (rc == 0 && (!first || count > 0))
        rc = copy_jobs(pg, first ? "" : "BEGIN", jobs, count);
    pg->begun++;
    if (rc < 0)
        pg_rollback(pg);
    return rc;
}

unsigned copy_begun(const struct pg *pg)
{
    return pg->begun;
}
