#include "api/query.h"

#include "api/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decode `raw` to *buf and move it on. @return 0 or ERR_PARSE */
static int decode(struct span raw, bool plus_is_blank, char **buf, struct span *out)
{
    char *start = *buf, *to = start;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%') {
            int high = i + 1 < raw.len ? hex_digit(raw.ptr[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_digit(raw.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return ERR_PARSE;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        *to++ = c;
    }
    *out = span_from(start, (size_t)(to - start));
    *buf = to;
    return text_printable(*out) ? 0 : ERR_PARSE;
}

/* Cut s at the first `separator`; the rest behind it, or nothing, stays in *s. */
static struct span cut(struct span *s, char separator)
{
    const char *at = s->len ? memchr(s->ptr, separator, s->len) : NULL;
    size_t n = at ? (size_t)(at - s->ptr) : s->len;
    struct span head = span_from(s->ptr, n);
    *s = span_skip(*s, at ? n + 1 : n);
    return head;
}

static int parse_path(struct span path, char **buf, struct query *out)
{
    path = span_skip(path, 1); /* the leading slash */
    while (path.len) {
        struct span raw = cut(&path, '/');
        if (out->segment_count == QUERY_SEGMENTS_MAX)
            return ERR_FULL;
        int rc = decode(raw, false, buf, &out->segment[out->segment_count++]);
        if (rc)
            return rc;
    }
    return 0;
}

/* A time's offset comes unencoded from many a shell (`+09:00`): there a plus is a plus. */
static bool is_time(struct span name)
{
    return span_eq(name, SPAN("from")) || span_eq(name, SPAN("to"));
}

static int parse_pairs(struct span query, char **buf, struct query *out)
{
    while (query.len) {
        struct span value = cut(&query, '&');
        if (value.len == 0)
            continue;
        if (out->pair_count == QUERY_PAIRS_MAX)
            return ERR_FULL;
        struct query_pair *pair = &out->pair[out->pair_count++];
        struct span name = cut(&value, '=');
        int rc = decode(name, true, buf, &pair->name);
        if (!rc)
            rc = decode(value, !is_time(pair->name), buf, &pair->value);
        if (rc)
            return rc;
    }
    return 0;
}

int query_parse(struct span target, char *buf, struct query *out)
{
    out->segment_count = out->pair_count = 0;
    struct span path = cut(&target, '?');
    int rc = parse_path(path, &buf, out);
    return rc ? rc : parse_pairs(target, &buf, out);
}
