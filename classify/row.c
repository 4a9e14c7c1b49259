#include "classify/row.h"

#include "classify/base/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_CHUNK_BYTES = 256 * 1024, ROWS_FIRST = 256 };

int rows_init(struct rows *r)
{
    *r = (struct rows){.arena = arena_new(ARENA_CHUNK_BYTES)};
    return r->arena ? 0 : ERR_NOMEM;
}

void rows_free(struct rows *r)
{
#define ROW_BEGIN(table) free(r->table);
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef ROW_END
#undef COL
    arena_free(r->arena);
    *r = (struct rows){0};
}

void rows_reset(struct rows *r)
{
#define ROW_BEGIN(table) r->table##_count = 0;
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef ROW_END
#undef COL
    arena_reset(r->arena);
}

size_t rows_count(const struct rows *r)
{
    size_t n = 0;
#define ROW_BEGIN(table) n += r->table##_count;
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef ROW_END
#undef COL
    return n;
}

/* Doubles, so that a steady load stops allocating. */
static void *grown(void *array, size_t *cap, size_t row_bytes)
{
    *cap = *cap ? *cap * 2 : ROWS_FIRST;
    void *p = realloc(array, *cap * row_bytes);
    if (!p) {
        fputs(
            "ikewatch: out of memory for a batch; lower batch.max_records or give the process more memory\n",
            stderr);
        abort();
    }
    return p;
}

#define NULL_ID 0
#define NULL_KEY 0
#define NULL_TIME TIME_NONE
#define NULL_TEXT SPAN_NONE
#define NULL_TEXTS ((struct span_list){NULL, 0})
#define NULL_LINES NULL_TEXTS
#define NULL_CODE SPAN_NONE
#define NULL_TYPE SPAN_NONE
#define NULL_INT INT_NONE
#define NULL_LONG LONG_NONE
#define NULL_BOOL false
#define NULL_ADDR ((struct addr){0})
#define NULL_JSON SPAN_NONE
#define NULL_BYTES SPAN_NONE

#define ROW_BEGIN(table)                                                                                     \
    struct row_##table *rows_add_##table(struct rows *r)                                                     \
    {                                                                                                        \
        if (r->table##_count == r->table##_cap)                                                              \
            r->table = grown(r->table, &r->table##_cap, sizeof(*r->table));                                  \
        struct row_##table *row = &r->table[r->table##_count++];                                             \
        row->stored = false;
#define COL(table, kind, column, meaning) row->column = NULL_##kind;
#define ROW_END(table)                                                                                       \
    return row;                                                                                              \
    }
#include "classify/row.def"
