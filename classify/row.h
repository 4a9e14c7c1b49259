/*
 * row.h — the rows of row.def as structs, and a batch of them.
 *
 * Memory  texts and lists point into the batch's arena; all live until rows_reset().
 * Threads none inside; a batch belongs to one worker.
 */
#ifndef IKEWATCH_CLASSIFY_ROW_H
#define IKEWATCH_CLASSIFY_ROW_H

#include "classify/base/addr.h"
#include "classify/base/arena.h"

#define TIME_NONE INT64_MIN
#define LONG_NONE INT64_MIN
#define INT_NONE INT32_MIN

struct span_list {
    const struct span *list; /* NULL: SQL NULL */
    size_t count;
};

#define ROW_C_ID uint64_t
#define ROW_C_KEY uint64_t
#define ROW_C_TIME int64_t
#define ROW_C_TEXT struct span
#define ROW_C_TEXTS struct span_list
#define ROW_C_LINES struct span_list
#define ROW_C_CODE struct span
#define ROW_C_TYPE struct span
#define ROW_C_INT int32_t
#define ROW_C_LONG int64_t
#define ROW_C_BOOL bool
#define ROW_C_ADDR struct addr
#define ROW_C_JSON struct span
#define ROW_C_BYTES struct span

/* `stored`: a version of this row was in an earlier batch, so that it must be updated rather than copied in.
 */
#define ROW_BEGIN(table)                                                                                     \
    struct row_##table {                                                                                     \
        bool stored;
#define COL(table, kind, column, meaning) ROW_C_##kind column;
#define ROW_END(table)                                                                                       \
    }                                                                                                        \
    ;
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END

/* One array a table: rows.exchange[0 .. rows.exchange_count). A key stands at most once in each array. */
struct rows {
    struct arena *arena;
#define ROW_BEGIN(table)                                                                                     \
    struct row_##table *table;                                                                               \
    size_t table##_count, table##_cap;
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END
};

/* @return 0 or ERR_NOMEM */
int rows_init(struct rows *r);
void rows_free(struct rows *r);
void rows_reset(struct rows *r);         /* empty, memory kept */
size_t rows_count(const struct rows *r); /* over all tables */

/* A new row at the end, cleared to NULLs (TIME_NONE, INT_NONE, …); valid until the next add to the same
 * table. */
#define ROW_BEGIN(table) struct row_##table *rows_add_##table(struct rows *r);
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END

#endif
