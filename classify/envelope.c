#include "classify/envelope.h"
#include "classify/base/eight.h"

#include <jansson.h>

/* Which member says what; the first name that is there wins. */
#define LINE_NAMES(NAME) NAME("message") NAME("msg") NAME("log") NAME("MESSAGE") NAME("rawmsg")
#define HOST_NAMES(NAME) NAME("host") NAME("hostname") NAME("HOST") NAME("fromhost") NAME("source")
#define PROGRAM_NAMES(NAME)                                                                                  \
    NAME("appname") NAME("programname") NAME("ident") NAME("app_name") NAME("syslogtag") NAME("program")
#define STAMP_NAMES(NAME) NAME("timestamp") NAME("@timestamp") NAME("timereported") NAME("time")

#define LISTED(name) name,
static const char *const line_names[] = {LINE_NAMES(LISTED)};
static const char *const host_names[] = {HOST_NAMES(LISTED)};
static const char *const program_names[] = {PROGRAM_NAMES(LISTED)};
static const char *const stamp_names[] = {STAMP_NAMES(LISTED)};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Where an unescaped string goes. */
struct sink {
    char *at, *end;
};

static inline const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *to, int c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* One escape at p (behind the backslash). @return behind it; NULL: jansson shall judge (surrogates, errors)
 */
static const char *put_escape(const char *p, const char *end, struct sink *sink)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p >= end || sink->end - sink->at < 4)
        return NULL;
    const char *hit = memchr(from, *p, sizeof(from) - 1);
    if (hit) {
        *sink->at++ = to[hit - from];
        return p + 1;
    }
    int c = *p == 'u' && end - p >= 5 ? hex4(p + 1) : -1;
    if (c < 0 || (c >= 0xD800 && c < 0xE000))
        return NULL;
    sink->at = put_utf8(sink->at, c);
    return p + 5;
}

/* The first quote or backslash from p on, or the end. */
static inline const char *plain_end(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t bytes = eight_read(p), found = eight_equal(bytes, '"') | eight_equal(bytes, '\\');
        if (found)
            return p + eight_first(found);
    }
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* A string at p (behind its quote). @return behind the closing quote, NULL if this pass declines */
static const char *read_string(const char *p, const char *end, struct sink *sink, struct span *out)
{
    const char *start = p;
    p = plain_end(p, end);
    if (p < end && *p == '"') {
        *out = span_from(start, (size_t)(p - start));
        return p + 1;
    }
    char *text = sink->at;
    for (;;) {
        if (sink->end - sink->at < p - start)
            return NULL;
        memcpy(sink->at, start, (size_t)(p - start));
        sink->at += p - start;
        if (p == end)
            return NULL;
        if (*p == '"')
            break;
        start = put_escape(p + 1, end, sink);
        if (!start)
            return NULL;
        p = plain_end(start, end);
    }
    *out = span_from(text, (size_t)(sink->at - text));
    return p + 1;
}

/* A value that is no string: numbers and words are passed over, arrays and objects declined. */
static const char *skip_scalar(const char *p, const char *end)
{
    while (p < end && *p != ',' && *p != '}') {
        if (*p == '{' || *p == '[' || *p == '"')
            return NULL;
        p++;
    }
    return p;
}

/* Names are compared as constants: a loop over the lists would cost as much as reading the record. */
#define IS_NAMED(text) span_eq(name, SPAN(text)) ||

static void keep(struct envelope *out, struct span name, struct span value)
{
    struct span *to = NULL;
    if (LINE_NAMES(IS_NAMED) false)
        to = &out->line;
    else if (HOST_NAMES(IS_NAMED) false)
        to = &out->host;
    else if (PROGRAM_NAMES(IS_NAMED) false)
        to = &out->program;
    else if (STAMP_NAMES(IS_NAMED) false)
        to = &out->stamp;
    if (to && !to->ptr)
        *to = value;
}

/* A flat object of strings and scalars in one pass. @return false: declined, jansson decides */
static bool read_flat(struct span s, struct sink *sink, struct envelope *out)
{
    const char *p = s.ptr + 1, *end = s.ptr + s.len;
    for (;;) {
        struct span name, value;
        p = skip_blanks(p, end);
        if (p >= end || *p != '"' || !(p = read_string(p + 1, end, sink, &name)))
            return false;
        p = skip_blanks(p, end);
        if (p >= end || *p != ':')
            return false;
        p = skip_blanks(p + 1, end);
        if (p < end && *p == '"') {
            p = read_string(p + 1, end, sink, &value);
            if (p)
                keep(out, name, value);
        } else {
            p = skip_scalar(p, end);
        }
        p = p ? skip_blanks(p, end) : NULL;
        if (!p || p >= end)
            return false;
        if (*p == '}')
            return skip_blanks(p + 1, end) == end;
        if (*p++ != ',')
            return false;
    }
}

/* A text of the tree, copied: the tree is freed before the line is read. */
static struct span kept_text(const json_t *value, struct sink *sink)
{
    size_t len = value ? json_string_length(value) : 0;
    if (!json_is_string(value) || len > (size_t)(sink->end - sink->at))
        return SPAN_NONE;
    char *text = sink->at;
    memcpy(text, json_string_value(value), len);
    sink->at += len;
    return span_from(text, len);
}

static struct span first_of(const json_t *root, const char *const *names, size_t count, struct sink *sink)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *member = json_object_get(root, names[i]);
        if (json_is_object(member)) /* Filebeat: host.name, process.name */
            member = json_object_get(member, "name");
        struct span text = kept_text(member, sink);
        if (text.ptr)
            return text;
    }
    return SPAN_NONE;
}

static enum dead_reason read_tree(struct span s, struct sink *sink, struct envelope *out)
{
    static const char *const filebeat_host[] = {
        "hostname", "host"}; /* host.name is the collector, hostname the sender */
    static const char *const process[] = {"process"};
    json_error_t error;
    json_t *root = json_loadb(s.ptr, s.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return DEAD_BAD_JSON;
    }
    out->line = first_of(root, line_names, COUNT(line_names), sink);
    bool nested = json_is_object(json_object_get(root, "host"));
    out->host = nested ? first_of(root, filebeat_host, COUNT(filebeat_host), sink)
                       : first_of(root, host_names, COUNT(host_names), sink);
    out->program = first_of(root, program_names, COUNT(program_names), sink);
    if (!out->program.ptr)
        out->program = first_of(root, process, COUNT(process), sink);
    out->stamp = first_of(root, stamp_names, COUNT(stamp_names), sink);
    json_decref(root);
    return out->line.ptr ? RECORD_READ : DEAD_NO_MESSAGE;
}

static struct span trimmed(struct span s)
{
    while (s.len && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\r' || s.ptr[s.len - 1] == '\0'))
        s.len--;
    return s;
}

enum dead_reason envelope_open(struct span value, char *buf, struct envelope *out)
{
    *out = (struct envelope){0};
    if (!value.ptr || value.len == 0)
        return DEAD_EMPTY;
    if (value.len > RECORD_VALUE_MAX)
        return DEAD_TOO_LONG;
    const char *first = skip_blanks(value.ptr, value.ptr + value.len);
    struct span s = span_from(first, (size_t)(value.ptr + value.len - first));
    if (s.len == 0)
        return DEAD_EMPTY;
    if (s.ptr[0] != '{') {
        out->line = trimmed(value);
        return out->line.len ? RECORD_READ : DEAD_EMPTY;
    }
    struct sink sink = {buf, buf + RECORD_VALUE_MAX};
    if (!read_flat(s, &sink, out)) {
        *out = (struct envelope){0};
        sink.at = buf;
        enum dead_reason reason = read_tree(s, &sink, out);
        if (reason != RECORD_READ)
            return reason;
    }
    if (!out->line.ptr)
        return DEAD_NO_MESSAGE;
    out->line = trimmed(out->line);
    return out->line.len ? RECORD_READ : DEAD_EMPTY;
}
