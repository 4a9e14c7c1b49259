#include "ingest/dead_letter.h"

static struct span capped(struct arena *a, struct span bytes)
{
    if (bytes.len > DEAD_LETTER_CAP_BYTES)
        bytes.len = DEAD_LETTER_CAP_BYTES;
    return arena_span(a, bytes);
}

void dead_letter_add(struct rows *rows, const struct record *r, enum dead_reason reason, const char *detail)
{
    struct row_dead_letter *row = rows_add_dead_letter(rows);
    row->source_offset = r->offset;
    row->reason = span_of(dead_reason_text(reason));
    row->detail = detail ? arena_span(rows->arena, span_of(detail)) : span_of(dead_reason_detail(reason));
    row->record_time = r->time_ms;
    row->record_key = capped(rows->arena, r->key);
    row->record_value = capped(rows->arena, r->value);
    row->value_bytes = r->value.ptr ? (int64_t)r->value.len : LONG_NONE;
}
