#include "tests/support/content.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_MAX = 96 };

struct entry {
    char key[KEY_MAX];
    char *text;
};

struct content {
    struct entry *entries;
    size_t count, cap;
};

struct content *content_new(void)
{
    return calloc(1, sizeof(struct content));
}

static void drop_text(struct entry *e)
{
    free(e->text);
    e->text = NULL;
}

void content_free(struct content *c)
{
    for (size_t i = 0; i < c->count; i++)
        drop_text(&c->entries[i]);
    free(c->entries);
    free(c);
}

static struct entry *entry_of(struct content *c, const char *key)
{
    for (size_t i = c->count; i > 0; i--)
        if (strcmp(c->entries[i - 1].key, key) == 0)
            return &c->entries[i - 1];
    if (c->count == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 256;
        c->entries = realloc(c->entries, c->cap * sizeof(*c->entries));
    }
    struct entry *e = &c->entries[c->count++];
    snprintf(e->key, sizeof(e->key), "%s", key);
    e->text = NULL;
    return e;
}

static void put(FILE *f, struct span s)
{
    if (s.ptr)
        fprintf(f, "'%.*s'", (int)s.len, s.ptr);
    else
        fputs("-", f);
}

static void put_TEXTS(FILE *f, struct span_list l)
{
    for (size_t i = 0; l.list && i < l.count; i++)
        put(f, l.list[i]);
    fputs(l.list ? "." : "-", f);
}

static void put_BYTES(FILE *f, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        fprintf(f, "%02x", (unsigned char)s.ptr[i]);
}

static void put_ADDR(FILE *f, struct addr a)
{
    char text[ADDR_TEXT_MAX];
    addr_text(&a, text);
    fputs(text, f);
}

#define put_ID(f, v) fprintf(f, "%016" PRIx64, v)
#define put_KEY(f, v) put_ID(f, v)
#define put_TIME(f, v) fprintf(f, "%" PRId64, v)
#define put_LONG(f, v) put_TIME(f, v)
#define put_INT(f, v) fprintf(f, "%" PRId32, v)
#define put_BOOL(f, v) fprintf(f, "%d", v)
#define put_TEXT(f, v) put(f, v)
#define put_CODE(f, v) put(f, v)
#define put_TYPE(f, v) put(f, v)
#define put_LINES(f, v) put_TEXTS(f, v)
#define put_JSON(f, v) put(f, v)

#define ROW_BEGIN(table)                                                                                     \
    __attribute__((unused)) static char *text_of_##table(const struct row_##table *r)                        \
    {                                                                                                        \
        char *text = NULL;                                                                                   \
        size_t len = 0;                                                                                      \
        FILE *f = open_memstream(&text, &len);                                                               \
        fputs(#table, f);
#define COL(table, kind, column, meaning)                                                                    \
    fputs(" " #column "=", f);                                                                               \
    put_##kind(f, r->column);
#define ROW_END(table)                                                                                       \
    fclose(f);                                                                                               \
    return text;                                                                                             \
    }
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END

static void upsert(struct content *c, const char *table, uint64_t a, uint64_t b, char *text)
{
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s %016" PRIx64 " %016" PRIx64, table, a, b);
    struct entry *e = entry_of(c, key);
    drop_text(e);
    e->text = text;
}

static void drop_evidence_of(struct content *c, uint64_t incident)
{
    char prefix[KEY_MAX];
    snprintf(prefix, sizeof(prefix), "evidence %016" PRIx64, incident);
    for (size_t i = 0; i < c->count; i++)
        if (strncmp(c->entries[i].key, prefix, strlen(prefix)) == 0)
            drop_text(&c->entries[i]);
}

void content_add(struct content *c, const struct rows *r)
{
    for (size_t i = 0; i < r->device_count; i++)
        upsert(c, "device", r->device[i].device_id, 0, text_of_device(&r->device[i]));
    for (size_t i = 0; i < r->tunnel_count; i++)
        upsert(c, "tunnel", r->tunnel[i].tunnel_id, 0, text_of_tunnel(&r->tunnel[i]));
    for (size_t i = 0; i < r->exchange_count; i++)
        upsert(c, "exchange", r->exchange[i].exchange_id, 0, text_of_exchange(&r->exchange[i]));
    for (size_t i = 0; i < r->transition_count; i++)
        upsert(c, "transition", r->transition[i].transition_id, 0, text_of_transition(&r->transition[i]));
    for (size_t i = 0; i < r->incident_count; i++) {
        upsert(c, "incident", r->incident[i].incident_id, 0, text_of_incident(&r->incident[i]));
        drop_evidence_of(c, r->incident[i].incident_id);
    }
    for (size_t i = 0; i < r->evidence_count; i++)
        upsert(c, "evidence", r->evidence[i].incident_id, (uint64_t)r->evidence[i].ordinal,
            text_of_evidence(&r->evidence[i]));
    for (size_t i = 0; i < r->outage_count; i++)
        upsert(c, "outage", r->outage[i].outage_id, 0, text_of_outage(&r->outage[i]));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *content_text(const struct content *c)
{
    char **list = calloc(c->count + 1, sizeof(*list)), *text = NULL;
    size_t n = 0, len = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->entries[i].text)
            list[n++] = c->entries[i].text;
    qsort(list, n, sizeof(*list), by_text);
    FILE *f = open_memstream(&text, &len);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s\n", list[i]);
    fclose(f);
    free(list);
    return text;
}
