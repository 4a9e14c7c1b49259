#include "schema/row_copy.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    INET_IPV4 = 2, /* PGSQL_AF_INET: AF_INET of whoever compiled the server is not ours to use */
    INET_IPV6 = 3,
    OID_TEXT = 25,
    JSONB_VERSION = 1,
};

static const int64_t postgres_epoch_ms = 946684800000; /* 2000-01-01 00:00:00 UTC */

#define ROW_BEGIN(table) static const struct row_column columns_##table[] = {
#define COL(table, kind, column, meaning) {#column, ROW_KIND_##kind, offsetof(struct row_##table, column)},
#define ROW_END(table)                                                                                       \
    }                                                                                                        \
    ;
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END

const struct row_table row_tables[ROW_TABLES] = {
#define ROW_BEGIN(table)                                                                                     \
    [ROW_TABLE_##table] = {#table, columns_##table, sizeof(columns_##table) / sizeof(columns_##table[0]),    \
        sizeof(struct row_##table)},
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END
};

static char *room(struct copy_buffer *b, size_t bytes)
{
    if (b->cap - b->len < bytes) {
        size_t cap = b->cap ? b->cap : 64 * 1024;
        while (cap - b->len < bytes)
            cap *= 2;
        char *grown = realloc(b->bytes, cap);
        if (!grown) {
            fputs("ikewatch: out of memory for a batch; lower batch.max_records or give the process more "
                  "memory\n",
                stderr);
            abort();
        }
        b->bytes = grown;
        b->cap = cap;
    }
    char *at = b->bytes + b->len;
    b->len += bytes;
    return at;
}

static void put_bytes(struct copy_buffer *b, const void *bytes, size_t n)
{
    char *at = room(b, n);
    if (n > 0)
        memcpy(at, bytes, n);
}

static void put_u8(struct copy_buffer *b, uint8_t v)
{
    put_bytes(b, &v, 1);
}

static void put_u16(struct copy_buffer *b, uint16_t v)
{
    put_bytes(b, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_u32(struct copy_buffer *b, uint32_t v)
{
    v = __builtin_bswap32(v);
    put_bytes(b, &v, 4);
}

static void put_u64(struct copy_buffer *b, uint64_t v)
{
    v = __builtin_bswap64(v);
    put_bytes(b, &v, 8);
}

static void put_null(struct copy_buffer *b)
{
    put_u32(b, UINT32_MAX); /* length -1 */
}

static void put_span(struct copy_buffer *b, struct span s)
{
    if (!s.ptr) {
        put_null(b);
        return;
    }
    put_u32(b, (uint32_t)s.len);
    put_bytes(b, s.ptr, s.len);
}

static void put_long(struct copy_buffer *b, int64_t v, int64_t none)
{
    if (v == none) {
        put_null(b);
        return;
    }
    put_u32(b, 8);
    put_u64(b, (uint64_t)v);
}

/* A time beyond what 64-bit microseconds hold becomes -infinity or infinity, which is what INT64_MIN and _MAX
 * mean. */
static void put_time(struct copy_buffer *b, int64_t ms)
{
    int64_t us;

    if (ms == TIME_NONE) {
        put_null(b);
        return;
    }
    if (__builtin_sub_overflow(ms, postgres_epoch_ms, &us) || __builtin_mul_overflow(us, 1000, &us))
        us = ms < 0 ? INT64_MIN : INT64_MAX;
    put_u32(b, 8);
    put_u64(b, (uint64_t)us);
}

static void put_texts(struct copy_buffer *b, const struct span_list *texts)
{
    if (!texts->list) {
        put_null(b);
        return;
    }
    size_t length_at = b->len;
    put_u32(b, 0);
    put_u32(b, texts->count ? 1 : 0); /* dimensions: an empty array has none */
    put_u32(b, 0);                    /* no NULL within */
    put_u32(b, OID_TEXT);
    if (texts->count) {
        put_u32(b, (uint32_t)texts->count);
        put_u32(b, 1); /* lower bound */
    }
    for (size_t i = 0; i < texts->count; i++)
        put_span(b, texts->list[i].ptr ? texts->list[i] : SPAN(""));
    uint32_t length = __builtin_bswap32((uint32_t)(b->len - length_at - 4));
    memcpy(b->bytes + length_at, &length, 4);
}

static void put_lines(struct copy_buffer *b, const struct span_list *lines)
{
    if (!lines->list) {
        put_null(b);
        return;
    }
    size_t length_at = b->len;
    put_u32(b, 0);
    for (size_t i = 0; i < lines->count; i++) {
        if (i > 0)
            put_u8(b, '\n');
        put_bytes(b, lines->list[i].ptr, lines->list[i].len);
    }
    uint32_t length = __builtin_bswap32((uint32_t)(b->len - length_at - 4));
    memcpy(b->bytes + length_at, &length, 4);
}

/* What stands for a word; the view every_exchange turns it back. */
struct code {
    struct span word;
    uint8_t code;
};

/* The frequent ones first. */
#define WORD(literal)                                                                                        \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }
static const struct code codes[] = {
    {WORD("out"), 'o'},
    {WORD("answered"), 'a'},
    {WORD("in"), 'i'},
    {WORD("pending"), 'p'},
    {WORD("refused"), 'r'},
    {WORD("unanswered"), 'u'},
    {WORD("abandoned"), 'b'},
};

static const struct code types[] = {
    {WORD("INFORMATIONAL"), 37}, /* IKEv2: RFC 7296 3.1, RFC 5723, RFC 9242, RFC 9370, strongSwan's own */
    {WORD("IKE_SA_INIT"), 34},
    {WORD("IKE_AUTH"), 35},
    {WORD("CREATE_CHILD_SA"), 36},
    {WORD("IKE_SESSION_RESUME"), 38},
    {WORD("IKE_INTERMEDIATE"), 43},
    {WORD("IKE_FOLLOWUP_KE"), 44},
    {WORD("ME_CONNECT"), 240},
    {WORD("ID_PROT"), 2}, /* IKEv1: RFC 2408 3.1, RFC 2409 */
    {WORD("AUTH_ONLY"), 3},
    {WORD("AGGRESSIVE"), 4},
    {WORD("INFORMATIONAL_V1"), 5},
    {WORD("TRANSACTION"), 6},
    {WORD("QUICK_MODE"), 32},
    {WORD("NEW_GROUP_MODE"), 33},
};
#undef WORD

/* @return 0: no word of the table */
static uint8_t code_of(const struct code *table, size_t count, struct span word)
{
    for (size_t i = 0; i < count; i++)
        if (span_eq(table[i].word, word))
            return table[i].code;
    return 0;
}

static void put_code(struct copy_buffer *b, struct span word)
{
    uint8_t code = code_of(codes, sizeof(codes) / sizeof(codes[0]), word);
    if (code == 0) {
        put_null(b);
        return;
    }
    put_u32(b, 1);
    put_u8(b, code);
}

static void put_type(struct copy_buffer *b, struct span name)
{
    uint8_t type = code_of(types, sizeof(types) / sizeof(types[0]), name);
    if (type == 0) {
        put_null(b);
        return;
    }
    put_u32(b, 2);
    put_u16(b, type);
}

static void put_addr(struct copy_buffer *b, const struct addr *a)
{
    if (a->family == 0) {
        put_null(b);
        return;
    }
    uint8_t n = a->family == 4 ? 4 : 16;
    put_u32(b, 4u + n);
    put_u8(b, a->family == 4 ? INET_IPV4 : INET_IPV6);
    put_u8(b, (uint8_t)(n * 8)); /* mask: a host */
    put_u8(b, 0);                /* is_cidr, ignored */
    put_u8(b, n);
    put_bytes(b, a->bytes, n);
}

static void put_json(struct copy_buffer *b, struct span s)
{
    if (!s.ptr) {
        put_null(b);
        return;
    }
    put_u32(b, (uint32_t)(s.len + 1));
    put_u8(b, JSONB_VERSION);
    put_bytes(b, s.ptr, s.len);
}

static void put_int(struct copy_buffer *b, int32_t v)
{
    if (v == INT_NONE) {
        put_null(b);
        return;
    }
    put_u32(b, 4);
    put_u32(b, (uint32_t)v);
}

static void put_column(struct copy_buffer *b, enum row_kind kind, const void *at)
{
    switch (kind) {
    case ROW_KIND_ID:
        put_u32(b, 8);
        put_u64(b, *(const uint64_t *)at);
        break;
    case ROW_KIND_KEY:
        put_long(b, (int64_t) * (const uint64_t *)at, 0);
        break;
    case ROW_KIND_TIME:
        put_time(b, *(const int64_t *)at);
        break;
    case ROW_KIND_TEXT:
    case ROW_KIND_BYTES:
        put_span(b, *(const struct span *)at);
        break;
    case ROW_KIND_TEXTS:
        put_texts(b, at);
        break;
    case ROW_KIND_LINES:
        put_lines(b, at);
        break;
    case ROW_KIND_CODE:
        put_code(b, *(const struct span *)at);
        break;
    case ROW_KIND_TYPE:
        put_type(b, *(const struct span *)at);
        break;
    case ROW_KIND_INT:
        put_int(b, *(const int32_t *)at);
        break;
    case ROW_KIND_LONG:
        put_long(b, *(const int64_t *)at, LONG_NONE);
        break;
    case ROW_KIND_BOOL:
        put_u32(b, 1);
        put_u8(b, *(const bool *)at);
        break;
    case ROW_KIND_ADDR:
        put_addr(b, at);
        break;
    case ROW_KIND_JSON:
        put_json(b, *(const struct span *)at);
        break;
    }
}

void row_copy_header(struct copy_buffer *b)
{
    put_bytes(b, "PGCOPY\n\377\r\n", 11); /* with the NUL that ends the signature */
    put_u32(b, 0);                        /* flags */
    put_u32(b, 0);                        /* no header extension */
}

void row_copy_encode(struct copy_buffer *b, const struct row_table *table, const void *row)
{
    put_u16(b, (uint16_t)table->count);
    for (size_t i = 0; i < table->count; i++)
        put_column(b, table->columns[i].kind, (const char *)row + table->columns[i].offset);
}

void row_copy_trailer(struct copy_buffer *b)
{
    put_u16(b, UINT16_MAX);
}
