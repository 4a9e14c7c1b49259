/*
 * row_copy.h — the rows of classify/row.def in PostgreSQL's binary COPY format, driven by tables made of
 * row.def.
 *
 * Source  PostgreSQL documentation, COPY, Binary Format; the receive functions of each type
 * (timestamptz_recv, array_recv, inet_recv, jsonb_recv): src/backend/utils/adt.
 */
#ifndef IKEWATCH_SCHEMA_ROW_COPY_H
#define IKEWATCH_SCHEMA_ROW_COPY_H

#include "classify/row.h"

enum row_kind {
    ROW_KIND_ID,
    ROW_KIND_KEY,
    ROW_KIND_TIME,
    ROW_KIND_TEXT,
    ROW_KIND_TEXTS,
    ROW_KIND_LINES,
    ROW_KIND_CODE,
    ROW_KIND_TYPE,
    ROW_KIND_INT,
    ROW_KIND_LONG,
    ROW_KIND_BOOL,
    ROW_KIND_ADDR,
    ROW_KIND_JSON,
    ROW_KIND_BYTES,
};

struct row_column {
    const char *name;
    enum row_kind kind;
    size_t offset; /* in the row's struct */
};

struct row_table {
    const char *name;
    const struct row_column *columns;
    size_t count;
    size_t row_bytes;
};

enum row_table_id {
#define ROW_BEGIN(table) ROW_TABLE_##table,
#define COL(table, kind, column, meaning)
#define ROW_END(table)
#include "classify/row.def"
#undef ROW_BEGIN
#undef COL
#undef ROW_END
    ROW_TABLES
};

extern const struct row_table row_tables[ROW_TABLES];

struct copy_buffer {
    char *bytes;
    size_t len, cap;
};

/* Appends; out of memory ends the process, as in a batch's arena. */
void row_copy_header(struct copy_buffer *b);
void row_copy_encode(struct copy_buffer *b, const struct row_table *table, const void *row);
void row_copy_trailer(struct copy_buffer *b);

#endif
