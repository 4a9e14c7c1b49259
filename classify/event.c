#include "classify/event.h"

static const struct {
    const char *name;
    bool starts;
} kinds[EVENT_KIND_COUNT] = {
#define EVENT(symbol, n, s, meaning) [symbol] = {n, s},
#define FIELD(symbol, n)
#include "classify/event.def"
#undef EVENT
#undef FIELD
};

static const char *const fields[FIELD_COUNT] = {
#define EVENT(symbol, n, s, meaning)
#define FIELD(symbol, n) [symbol] = n,
#include "classify/event.def"
#undef EVENT
#undef FIELD
};

static const struct {
    const char *name, *role;
} facts[FACT_COUNT] = {
    [FACT_NONE] = {"", ""},
#define FACT(symbol, n, r) [symbol] = {n, r},
#include "classify/fact.def"
#undef FACT
};

int event_kind_by_name(struct span name)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        if (span_eq(name, span_of(kinds[i].name)))
            return i;
    return -1;
}

int event_field_by_name(struct span name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (span_eq(name, span_of(fields[i])))
            return i;
    return -1;
}

int fact_by_name(struct span name)
{
    for (int i = 1; i < FACT_COUNT; i++)
        if (span_eq(name, span_of(facts[i].name)))
            return i;
    return FACT_NONE;
}

const char *event_kind_name(enum event_kind kind)
{
    return kinds[kind].name;
}

const char *fact_name(enum fact fact)
{
    return facts[fact].name;
}

const char *fact_role(enum fact fact)
{
    return facts[fact].role;
}

bool event_starts_job(enum event_kind kind)
{
    return kinds[kind].starts;
}

int64_t event_number(const struct event *e, enum field f)
{
    uint64_t v;
    return event_has(e, f) && span_u64(e->fields.text[f], &v) && v <= INT64_MAX ? (int64_t)v : -1;
}

int64_t event_hex(const struct event *e, enum field f)
{
    struct span s = event_text(e, f);
    if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x')
        s = span_skip(s, 2);
    if (s.len == 0 || s.len > 15)
        return -1;
    int64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

bool event_addr(const struct event *e, enum field f, struct addr *out)
{
    *out = (struct addr){0};
    return event_has(e, f) && addr_read(e->fields.text[f], out);
}

struct span event_pair(struct span pairs, struct span key)
{
    for (size_t i = 0; i + key.len < pairs.len; i++) {
        const char *first = memchr(pairs.ptr + i, key.ptr[0], pairs.len - key.len - i);
        if (!first)
            break;
        i = (size_t)(first - pairs.ptr);
        /* a missing blank before a key occurs in the wild (messages.md 2.1), so a letter before it is
         * accepted but not a '-' */
        if (pairs.ptr[i + key.len] != ':' || !bytes_eq(first, key.ptr, key.len) ||
            (i && pairs.ptr[i - 1] == '-'))
            continue;
        struct span v = span_skip(pairs, i + key.len + 1);
        if (v.len && v.ptr[0] == '"') {
            v = span_skip(v, 1);
            const char *end = v.len ? memchr(v.ptr, '"', v.len) : NULL;
            return span_from(v.ptr, end ? (size_t)(end - v.ptr) : v.len);
        }
        const char *end = v.len ? memchr(v.ptr, ' ', v.len) : NULL;
        return span_from(v.ptr, end ? (size_t)(end - v.ptr) : v.len);
    }
    return SPAN_NONE;
}
