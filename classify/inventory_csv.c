/* CSV by RFC 4180: a record may reach over lines, a field in quotes may hold commas, newlines and "". */
#include "classify/inventory_build.h"

#include "classify/base/suggest.h"

#include <stdio.h>

enum column_id {
    COLUMN_DEVICE,
    COLUMN_SYSTEM_IP,
    COLUMN_SITE,
    COLUMN_TUNNEL,
    COLUMN_VPN,
    COLUMN_LOCAL,
    COLUMN_PEER,
    COLUMN_PEER_NAME,
    COLUMN_CARRIER,
    COLUMN_CIRCUIT_ID,
    COLUMN_TZ,
    COLUMN_CONTRACT,
    COLUMNS,
};
enum { HEADER_MAX = 64, NOT_KNOWN = -1, FIELD_BYTES = 256 };

static const struct {
    const char *name;
    size_t offset, cap; /* of a text's field; cap 0: read by a function */
} columns[COLUMNS] = {
#define TEXT(field)                                                                                          \
    {                                                                                                        \
#field, offsetof(struct inventory_tunnel, field), sizeof(((struct inventory_tunnel *)0)->field)      \
    }
    [COLUMN_DEVICE] = TEXT(device),
    [COLUMN_SYSTEM_IP] = {"system_ip", 0, 0},
    [COLUMN_SITE] = TEXT(site),
    [COLUMN_TUNNEL] = {"tunnel", offsetof(struct inventory_tunnel, name),
        sizeof(((struct inventory_tunnel *)0)->name)},
    [COLUMN_VPN] = {"vpn", 0, 0},
    [COLUMN_LOCAL] = {"local", 0, 0},
    [COLUMN_PEER] = {"peer", 0, 0},
    [COLUMN_PEER_NAME] = TEXT(peer_name),
    [COLUMN_CARRIER] = TEXT(carrier),
    [COLUMN_CIRCUIT_ID] = TEXT(circuit_id),
    [COLUMN_TZ] = TEXT(tz),
    [COLUMN_CONTRACT] = TEXT(contract),
#undef TEXT
};

struct field {
    char text[FIELD_BYTES];
    size_t len; /* as written, without quoting: more than fits in `text` is possible */
    size_t line;
};

struct reader {
    struct inventory *inv;
    struct span rest;
    size_t line;
    int header[HEADER_MAX]; /* column of each field */
    size_t width;
    bool unclosed; /* a quote took the rest of the file */
};

static int column_of(struct span name)
{
    for (int i = 0; i < COLUMNS; i++)
        if (span_eq_nocase(name, span_of(columns[i].name)))
            return i;
    return NOT_KNOWN;
}

static struct span field_text(const struct field *f)
{
    return span_from(f->text, f->len < FIELD_BYTES ? f->len : FIELD_BYTES);
}

static void put(struct field *f, char c)
{
    if (f->len < FIELD_BYTES)
        f->text[f->len] = c;
    f->len++;
}

static bool at(const struct reader *r, char c)
{
    return r->rest.len && r->rest.ptr[0] == c;
}

static bool at_line_end(const struct reader *r)
{
    return !r->rest.len || at(r, '\n') || span_eq(r->rest, SPAN("\r")) || span_starts(r->rest, SPAN("\r\n"));
}

static void take_quoted(struct reader *r, struct field *f)
{
    r->rest = span_skip(r->rest, 1);
    while (r->rest.len && (!at(r, '"') || span_starts(r->rest, SPAN("\"\"")))) {
        if (at(r, '"'))
            r->rest = span_skip(r->rest, 1);
        r->line += at(r, '\n');
        put(f, r->rest.ptr[0]);
        r->rest = span_skip(r->rest, 1);
    }
    r->unclosed = !r->rest.len;
    if (r->unclosed)
        inventory_wrong(r->inv, f->line, "a quote is not closed", field_text(f),
            "write \" behind the value, and \"\" for a quote in it");
    r->rest = span_skip(r->rest, 1);
    if (at(r, ',') || at_line_end(r))
        return;
    inventory_wrong(r->inv, r->line, "text behind a closed quote", field_text(f),
        "put the whole value in quotes, and write \"\" for a quote in it");
    while (!at(r, ',') && !at_line_end(r))
        r->rest = span_skip(r->rest, 1);
}

static void trim(struct field *f)
{
    size_t lead = 0;
    if (f->len > FIELD_BYTES)
        return;
    while (f->len && (f->text[f->len - 1] == ' ' || f->text[f->len - 1] == '\t'))
        f->len--;
    while (lead < f->len && (f->text[lead] == ' ' || f->text[lead] == '\t'))
        lead++;
    memmove(f->text, f->text + lead, f->len -= lead);
}

static void take_field(struct reader *r, struct field *f)
{
    f->len = 0;
    f->line = r->line;
    if (at(r, '"')) {
        take_quoted(r, f);
        return;
    }
    while (!at(r, ',') && !at_line_end(r)) {
        put(f, r->rest.ptr[0]);
        r->rest = span_skip(r->rest, 1);
    }
    trim(f);
}

/* Over the comma, or the end of the line. @return was it a comma: does the record go on? */
static bool take_separator(struct reader *r)
{
    bool comma = at(r, ',');
    if (at(r, '\r'))
        r->rest = span_skip(r->rest, 1);
    if (!comma)
        r->line++;
    r->rest = span_skip(r->rest, 1);
    return comma;
}

static void unknown_column(struct reader *r, const struct field *f)
{
    char word[INVENTORY_TEXT_BYTES], remedy[128];
    const char *best = NULL;
    span_copy(word, sizeof(word), field_text(f));
    for (int i = 0; i < COLUMNS; i++)
        suggest_consider(word, columns[i].name, &best);
    if (best)
        snprintf(remedy, sizeof(remedy), "did you mean %s?", best);
    inventory_wrong(r->inv, f->line, "unknown column", field_text(f),
        best ? remedy
             : "the columns are device system_ip site tunnel vpn local peer peer_name carrier circuit_id tz "
               "contract");
}

static bool has_column(const struct reader *r, int column)
{
    for (size_t i = 0; i < r->width; i++)
        if (r->header[i] == column)
            return true;
    return false;
}

/* @return false: too much is wrong to go on */
static bool read_header(struct reader *r)
{
    struct field f;
    size_t line = r->line;
    bool more;
    do {
        take_field(r, &f);
        int column = column_of(field_text(&f));
        if (column == NOT_KNOWN)
            unknown_column(r, &f);
        else if (has_column(r, column))
            inventory_wrong(r->inv, f.line, "column stands twice", field_text(&f), "keep one of them");
        if (r->width == HEADER_MAX)
            inventory_wrong(r->inv, f.line, "more than 64 columns", SPAN_NONE, "keep those that are known");
        else
            r->header[r->width++] = column;
        more = take_separator(r);
    } while (more && r->inv->errors->count < INVENTORY_ERRORS_MAX);
    bool device = has_column(r, COLUMN_DEVICE), tunnel = has_column(r, COLUMN_TUNNEL);
    bool pair = has_column(r, COLUMN_LOCAL) && has_column(r, COLUMN_PEER);
    if (!device)
        inventory_wrong(r->inv, line, "column device is missing", SPAN_NONE, "add it: whose tunnel it is");
    if (!tunnel && !pair)
        inventory_wrong(
            r->inv, line, "column tunnel is missing", SPAN_NONE, "add it, or both local and peer");
    return !more && device && (tunnel || pair);
}

static void set_field(struct reader *r, struct inventory_tunnel *t, int column, const struct field *f)
{
    struct span value = field_text(f);
    const char *name = columns[column].name;
    struct addr addr;
    if (columns[column].cap)
        inventory_text(r->inv, f->line, name, value, (char *)t + columns[column].offset, columns[column].cap);
    else if (!f->len)
        return;
    else if (column == COLUMN_VPN)
        inventory_number(r->inv, f->line, name, value, 65535, &t->vpn_id);
    else if (column == COLUMN_LOCAL || column == COLUMN_PEER)
        inventory_address(r->inv, f->line, name, value, column == COLUMN_LOCAL ? &t->local : &t->peer);
    else if (inventory_address(r->inv, f->line, name, value, &addr))
        addr_text(&addr, t->system_ip);
}

/* Only what no field of the row was wrong about. */
static void check_row(struct reader *r, const struct inventory_tunnel *t)
{
    if (!t->device[0])
        inventory_wrong(r->inv, t->line, "device is empty", SPAN_NONE, "write whose tunnel it is");
    if (!t->name[0] && !(t->local.family && t->peer.family))
        inventory_wrong(r->inv, t->line, "tunnel is empty", SPAN_NONE, "write it, or both local and peer");
}

static void read_record(struct reader *r)
{
    struct inventory_tunnel *t = inventory_add(r->inv, r->line);
    size_t mistakes = r->inv->errors->count, fields = 0;
    char what[80];
    struct field f;
    if (!t)
        return;
    do {
        take_field(r, &f);
        if (fields < r->width && r->header[fields] != NOT_KNOWN)
            set_field(r, t, r->header[fields], &f);
        fields++;
    } while (take_separator(r));
    if (fields != r->width && !r->unclosed) {
        snprintf(what, sizeof(what), "%zu fields, but the header has %zu", fields, r->width);
        inventory_wrong(r->inv, t->line, what, SPAN_NONE, "put values that hold a comma in quotes");
    } else if (r->inv->errors->count == mistakes) {
        check_row(r, t);
    }
    if (r->inv->errors->count != mistakes)
        r->inv->count--; /* no rest of a row that would be found twice */
}

/* The first line that holds anything. */
static struct span first_line(struct span text)
{
    while (text.len && (text.ptr[0] == '\n' || text.ptr[0] == '\r'))
        text = span_skip(text, 1);
    const char *end = memchr(text.ptr, '\n', text.len);
    return span_from(text.ptr, end ? (size_t)(end - text.ptr) : text.len);
}

/* The separator of a line of column names, 0: it is none. */
static char separator_of(struct span line)
{
    char separator = '\0';
    if (memchr(line.ptr, ',', line.len))
        separator = ',';
    else if (memchr(line.ptr, ';', line.len))
        separator = ';';
    else if (memchr(line.ptr, '\t', line.len))
        separator = '\t';
    while (separator && line.len) {
        const char *end = memchr(line.ptr, separator, line.len);
        struct span word = {line.ptr, end ? (size_t)(end - line.ptr) : line.len};
        line = span_skip(line, word.len + 1);
        while (word.len && memchr(" \"\r\t", word.ptr[0], 4))
            word = span_skip(word, 1);
        while (word.len && memchr(" \"\r\t", word.ptr[word.len - 1], 4))
            word.len--;
        if (column_of(word) != NOT_KNOWN)
            return separator;
    }
    return '\0';
}

bool inventory_is_csv(struct span text)
{
    struct span line = text.len ? first_line(text) : text;
    return line.len && line.ptr[0] != '!' && line.ptr[0] != ' ' && separator_of(line) != '\0';
}

void inventory_read_csv(struct inventory *inv, struct span text)
{
    struct reader r = {.inv = inv, .rest = text, .line = 1};
    while (at_line_end(&r) && r.rest.len)
        take_separator(&r);
    if (separator_of(first_line(r.rest)) != ',') {
        inventory_wrong(
            inv, r.line, "columns are not separated by commas", SPAN_NONE, "save it as CSV, UTF-8");
        return;
    }
    if (!read_header(&r))
        return;
    while (r.rest.len && !inv->exhausted) {
        if (at_line_end(&r))
            take_separator(&r);
        else
            read_record(&r);
    }
}
