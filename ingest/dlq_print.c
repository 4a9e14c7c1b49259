#include "ingest/dlq_print.h"

#include "ingest/dead_letter.h"
#include "ingest/headers.h"

#include <stdlib.h>

static bool is_plain(char c)
{
    return c >= ' ' && c < 127 && c != '\\';
}

void dlq_print_start(FILE *out, struct span value, size_t max)
{
    if (!value.ptr) {
        fputc('-', out);
        return;
    }
    for (size_t i = 0; i < value.len && i < max; i++)
        if (is_plain(value.ptr[i]))
            fputc(value.ptr[i], out);
        else if (value.ptr[i] == '\\')
            fputs("\\\\", out);
        else
            fprintf(out, "\\x%02x", (unsigned char)value.ptr[i]);
    if (value.len > max)
        fputs("…", out);
}

static const char *state_of(const struct dead_letter *l)
{
    if (l->replayed.ptr)
        return "replayed";
    if (l->send_error.ptr)
        return "unsendable";
    return l->sent.ptr ? "sent" : "waiting";
}

void dlq_print_table(FILE *out, const struct dead_letters *letters)
{
    if (letters->count == 0)
        return;
    fprintf(out, "%9s %12s %-20s %-19s %-10s %s\n", "PARTITION", "OFFSET", "TIME", "REASON", "STATE",
        "FIRST BYTES, AND WHAT WAS WRONG");
    for (size_t i = 0; i < letters->count; i++) {
        const struct dead_letter *l = &letters->list[i];
        fprintf(out, "%9d %12lld %-20.*s %-19.*s %-10s ", (int)l->partition, (long long)l->offset,
            l->time.ptr ? (int)l->time.len : 1, l->time.ptr ? l->time.ptr : "-", (int)l->reason.len,
            l->reason.ptr, state_of(l));
        dlq_print_start(out, l->value, DLQ_START_BYTES);
        fprintf(out, "\n%74s%.*s\n", "", l->detail.ptr ? (int)l->detail.len : 0,
            l->detail.ptr ? l->detail.ptr : "");
    }
}

/* The text is ASCII but for quotes: dlq_print_start() has been over it, or PostgreSQL made it. */
static void put_string(FILE *out, struct span text)
{
    if (!text.ptr) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            fprintf(out, "\\%c", text.ptr[i]);
        else if ((unsigned char)text.ptr[i] < ' ')
            fprintf(out, "\\u%04x", (unsigned)text.ptr[i]);
        else
            fputc(text.ptr[i], out);
    fputc('"', out);
}

static void put_start(FILE *out, struct span value)
{
    char *text = NULL;
    size_t len = 0;
    FILE *escaped = value.ptr ? open_memstream(&text, &len) : NULL;
    if (!escaped) {
        fputs("null", out);
        return;
    }
    dlq_print_start(escaped, value, DLQ_START_BYTES);
    fclose(escaped);
    put_string(out, span_from(text, len));
    free(text);
}

static void put_headers(FILE *out, struct span packed)
{
    struct header *list = calloc(packed.len / 2 + 1, sizeof(*list));
    size_t count = list ? headers_read(packed, list) : 0;
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ",{\"name\":" : "{\"name\":", out);
        put_start(out, list[i].name);
        fputs(",\"value\":", out);
        put_start(out, list[i].value);
        fputc('}', out);
    }
    free(list);
}

void dlq_print_json(FILE *out, const struct dead_letters *letters)
{
    fputs("[", out);
    for (size_t i = 0; i < letters->count; i++) {
        const struct dead_letter *l = &letters->list[i];
        char rule[DEAD_LETTER_RULE_BYTES];
        fprintf(out, "%s\n{\"partition\":%d,\"offset\":%lld,\"time\":", i ? "," : "", (int)l->partition,
            (long long)l->offset);
        put_string(out, l->time);
        fputs(",\"reason\":", out);
        put_string(out, l->reason);
        fputs(",\"rule\":", out);
        put_string(out, dead_letter_rule(l->reason, l->detail, rule));
        fputs(",\"detail\":", out);
        put_string(out, l->detail);
        fprintf(out, ",\"state\":\"%s\",\"sent_at\":", state_of(l));
        put_string(out, l->sent);
        fputs(",\"replayed_at\":", out);
        put_string(out, l->replayed);
        fputs(",\"send_error\":", out);
        put_string(out, l->send_error);
        fputs(",\"key\":", out);
        put_start(out, l->key);
        fputs(",\"start\":", out);
        put_start(out, l->value);
        fputs(",\"headers\":[", out);
        put_headers(out, l->headers);
        fprintf(out, "],\"cut\":%s}", l->cut ? "true" : "false");
    }
    fputs(letters->count ? "\n]\n" : "]\n", out);
}
