#include "ingest/analysis_attribution.h"
#include "ingest/analysis.h"
#include "classify/base/log.h"

#include <errno.h>
#include <stdlib.h>

struct binding {
    int64_t ike_sa; /* -1: none */
    int32_t daemon_run;
    struct span conn;
    uint64_t tunnel_id; /* 0: none */
};

struct attribution {
    struct arena *names; /* of connections */
    struct span last;    /* neighbouring lines share it */
    size_t lines;
    struct binding *line;
};

struct attribution *attribution_new(size_t lines)
{
    struct attribution *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->lines = lines;
    t->names = arena_new(4096);
    t->line = malloc((lines ? lines : 1) * sizeof(*t->line));
    if (!t->names || !t->line) {
        attribution_free(t);
        return NULL;
    }
    for (size_t i = 0; i < lines; i++)
        t->line[i] = (struct binding){.ike_sa = -1};
    return t;
}

void attribution_free(struct attribution *t)
{
    if (!t)
        return;
    arena_free(t->names);
    free(t->line);
    free(t);
}

void attribution_bound(
    void *ctx, int64_t offset, int32_t daemon_run, int64_t ike_sa, struct span conn, uint64_t tunnel_id)
{
    struct attribution *t = ctx;
    if (offset < 0 || (size_t)offset >= t->lines)
        return;
    if (conn.ptr && !span_eq(conn, t->last))
        t->last = arena_span(t->names, conn);
    t->line[offset] = (struct binding){ike_sa, daemon_run, conn.ptr ? t->last : SPAN_NONE, tunnel_id};
}

static void write_text(FILE *f, struct span s)
{
    if (s.len)
        fwrite(s.ptr, 1, s.len, f);
    else
        fputc('-', f);
}

static void write_line(FILE *f, const struct analysis *a, size_t number, const struct binding *b)
{
    const struct row_tunnel *tunnel = b->tunnel_id ? analysis_tunnel(a, b->tunnel_id) : NULL;
    fprintf(f, "%zu\t", number);
    char sa[ANALYSIS_SA_MAX];
    fprintf(f, "%s\t", analysis_sa_text(b->daemon_run, b->ike_sa, sa) ? sa : "-");
    write_text(f, b->conn);
    fputc('\t', f);
    write_text(f, tunnel ? tunnel->name : SPAN_NONE);
    fputc('\n', f);
}

int attribution_write(const struct attribution *t, const struct analysis *a, const char *path)
{
    FILE *f = fopen(path, "we");
    bool bad = !f;
    if (f) {
        fputs("line\tike_sa\tconn\ttunnel\n", f);
        for (size_t i = 0; i < t->lines; i++)
            write_line(f, a, i + 1, &t->line[i]);
        bad = ferror(f) != 0;
        bad = fclose(f) != 0 || bad;
    }
    if (!bad)
        return 0;
    log_error("analyze.attribution", "file=%s reason=%s", log_quote(path), log_quote(strerror(errno)));
    return ERR_IO;
}
