#include "ingest/dead_letter.h"

#include "ingest/headers.h"

#include <ctype.h>
#include <stdio.h>

enum { SQLSTATE_BYTES = 5 };

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
    row->record_headers = headers_of_message(r->origin, DEAD_LETTER_CAP_BYTES, rows->arena);
}

/* The detail begins with it. */
static bool has_sqlstate(struct span detail)
{
    if (detail.len < SQLSTATE_BYTES || (detail.len > SQLSTATE_BYTES && detail.ptr[SQLSTATE_BYTES] != ' '))
        return false;
    for (size_t i = 0; i < SQLSTATE_BYTES; i++)
        if (!isdigit((unsigned char)detail.ptr[i]) && !isupper((unsigned char)detail.ptr[i]))
            return false;
    return true;
}

struct span dead_letter_rule(struct span reason, struct span detail, char buf[DEAD_LETTER_RULE_BYTES])
{
    enum dead_reason known = dead_reason_named(reason);
    if (known == RECORD_READ)
        return SPAN_NONE;
    if (known != DEAD_REFUSED || !has_sqlstate(detail))
        return span_of(dead_reason_rule(known));
    int n =
        snprintf(buf, DEAD_LETTER_RULE_BYTES, "%s %.*s", dead_reason_rule(known), SQLSTATE_BYTES, detail.ptr);
    return span_from(buf, (size_t)n);
}
