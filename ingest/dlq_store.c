#include "ingest/dlq_store.h"

#include "ingest/dead_letter.h"
#include "ingest/headers.h"
#include "schema/sql.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 24, ARENA_BYTES = 64 * 1024 };

int dead_letters_init(struct dead_letters *d)
{
    *d = (struct dead_letters){.arena = arena_new(ARENA_BYTES)};
    return d->arena ? 0 : ERR_NOMEM;
}

void dead_letters_free(struct dead_letters *d)
{
    arena_free(d->arena);
    free(d->list);
    *d = (struct dead_letters){0};
}

static struct span number(char buf[NUMBER_BYTES], int64_t n)
{
    return span_from(buf, (size_t)snprintf(buf, NUMBER_BYTES, "%lld", (long long)n));
}

static struct span number_or_null(char buf[NUMBER_BYTES], int64_t n)
{
    return n < 0 ? SPAN_NONE : number(buf, n);
}

/* --- reading --- */

static int nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* bytea as text: \x and small hexadecimal digits. */
static struct span bytes_of(struct arena *a, struct span text)
{
    if (!text.ptr)
        return SPAN_NONE;
    size_t len = text.len < 2 ? 0 : (text.len - 2) / 2;
    char *out = arena_take(a, len + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(nibble(text.ptr[2 + 2 * i]) << 4 | nibble(text.ptr[3 + 2 * i]));
    return span_from(out, len);
}

static struct span text_of(struct arena *a, struct span text)
{
    return text.ptr ? arena_span(a, text) : SPAN_NONE;
}

static struct dead_letter *add(struct dead_letters *d)
{
    if (d->count == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 64;
        struct dead_letter *grown = realloc(d->list, cap * sizeof(*grown));
        if (!grown)
            return NULL;
        d->list = grown;
        d->cap = cap;
    }
    struct dead_letter *l = &d->list[d->count++];
    *l = (struct dead_letter){.time_ms = INT64_MIN};
    return l;
}

static int take_letter(void *ctx, const struct span *columns, size_t n)
{
    struct dead_letters *d = ctx;
    uint64_t partition, offset, bytes = 0, ms;
    if (n < 9 || !span_u64(columns[0], &partition) || !span_u64(columns[1], &offset))
        return ERR_BUG;
    struct dead_letter *l = add(d);
    if (!l)
        return ERR_NOMEM;
    l->partition = (int32_t)partition;
    l->offset = (int64_t)offset;
    l->reason = text_of(d->arena, columns[2]);
    l->detail = text_of(d->arena, columns[3]);
    if (columns[4].ptr && span_u64(columns[4], &ms))
        l->time_ms = (int64_t)ms;
    l->key = bytes_of(d->arena, columns[5]);
    l->value = bytes_of(d->arena, columns[6]);
    l->headers = bytes_of(d->arena, columns[8]);
    l->cut = l->key.len == DEAD_LETTER_CAP_BYTES || headers_cut(l->headers) ||
             (columns[7].ptr && span_u64(columns[7], &bytes) && bytes > l->value.len);
    if (n < 13)
        return 0;
    l->time = text_of(d->arena, columns[9]);
    l->sent = text_of(d->arena, columns[10]);
    l->replayed = text_of(d->arena, columns[11]);
    l->send_error = text_of(d->arena, columns[12]);
    return 0;
}

static void forget(struct dead_letters *d)
{
    d->count = 0;
    arena_reset(d->arena);
}

int dlq_store_unsent(
    struct pg *pg, const char *group, const char *topic, uint64_t max, struct dead_letters *out)
{
    char number_max[NUMBER_BYTES];
    const struct pg_param params[] = {{span_of(group)}, {span_of(topic)}, {number(number_max, (int64_t)max)}};
    forget(out);
    return pg_query(pg, "dead_letter_unsent", sql_dead_letter_unsent, params, 3, take_letter, out);
}

int dlq_store_list(struct pg *pg, const struct dlq_filter *f, struct dead_letters *out)
{
    char partition[NUMBER_BYTES], first[NUMBER_BYTES], last[NUMBER_BYTES], max[NUMBER_BYTES];
    const struct pg_param params[] = {{span_of(f->group)}, {span_of(f->topic)},
        {f->reason ? span_of(f->reason) : SPAN_NONE}, {number_or_null(partition, f->partition)},
        {number_or_null(first, f->first)}, {number_or_null(last, f->last)}, {number(max, (int64_t)f->max)},
        {f->again ? SPAN("true") : SPAN("false")}};
    forget(out);
    return pg_query(pg, "dead_letter_list", sql_dead_letter_list, params, 8, take_letter, out);
}

static int take_lead(void *ctx, const struct span *columns, size_t n)
{
    *(bool *)ctx = n == 1 && span_eq(columns[0], SPAN("t"));
    return 0;
}

int dlq_store_lead(struct pg *pg, const char *group, const char *topic)
{
    const struct pg_param params[] = {{span_of(group)}, {span_of(topic)}};
    bool ours = false;
    int rc = pg_query(pg, "dead_letter_lock", sql_dead_letter_lock, params, 2, take_lead, &ours);
    return rc == 0 && !ours ? ERR_NOTFOUND : rc;
}

struct counting {
    dlq_count_fn fn;
    void *ctx;
};

static int take_count(void *ctx, const struct span *columns, size_t n)
{
    const struct counting *c = ctx;
    if (n != 3)
        return ERR_BUG;
    c->fn(c->ctx, columns[0], columns[1], columns[2]);
    return 0;
}

int dlq_store_counts(struct pg *pg, const char *group, const char *topic, dlq_count_fn fn, void *ctx)
{
    const struct pg_param params[] = {{span_of(group)}, {span_of(topic)}};
    struct counting c = {fn, ctx};
    return pg_query(pg, "dead_letter_counts", sql_dead_letter_counts, params, 2, take_count, &c);
}

/* --- marking --- */

/* {1,2,3}, to be freed; NULL: memory is short */
static char *array_of(const struct dead_letter *const *letters, size_t count, bool partitions)
{
    char *out = malloc(count * NUMBER_BYTES + 3);
    size_t n = 0;
    if (!out)
        return NULL;
    out[n++] = '{';
    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(out + n, NUMBER_BYTES, "%s%lld", i ? "," : "",
            (long long)(partitions ? letters[i]->partition : letters[i]->offset));
    out[n++] = '}';
    out[n] = '\0';
    return out;
}

int dlq_store_mark(struct pg *pg, const char *group, const char *topic, enum dlq_fate fate, const char *why,
    const struct dead_letter *const *letters, size_t count)
{
    if (count == 0)
        return 0;
    char *partitions = array_of(letters, count, true), *offsets = array_of(letters, count, false);
    int rc = ERR_NOMEM;
    if (partitions && offsets) {
        const struct pg_param params[] = {{span_of(group)}, {span_of(topic)}, {span_of(partitions)},
            {span_of(offsets)}, {fate == DLQ_NEVER ? span_of(why) : SPAN_NONE}};
        rc = fate == DLQ_REPLAYED
                 ? pg_command(pg, "dead_letter_replayed", sql_dead_letter_replayed, params, 4)
                 : pg_command(pg, "dead_letter_sent", sql_dead_letter_sent, params, 5);
    }
    free(partitions);
    free(offsets);
    return rc;
}

int dlq_store_prune(struct pg *pg, const char *group, const char *topic, uint64_t max)
{
    char text[NUMBER_BYTES];
    const struct pg_param params[] = {{span_of(group)}, {span_of(topic)}, {number(text, (int64_t)max)}};
    return pg_command(pg, "dead_letter_prune", sql_dead_letter_prune, params, 3);
}
