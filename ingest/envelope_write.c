#include "ingest/envelope_write.h"

#include <stdio.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
enum { ESCAPED_MAX = 6 };                         /* bytes that one may become: \u001f */

/* Bytes of the UTF-8 sequence at s, 0: none is there (RFC 3629: no surrogates, no overlong forms). */
static size_t utf8_length(struct span s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
               : (p[0] & 0xF0) == 0xE0       ? 3
               : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                             : 0;
    if (n == 0 || n > s.len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool bad = n > 2 && ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
                            (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F));
    return bad ? 0 : n;
}

static char *put(char *to, const char *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

static char *put_text(char *to, struct span s)
{
    while (s.len) {
        size_t n = utf8_length(s);
        unsigned char c = (unsigned char)s.ptr[0];
        if (n == 0)
            to = put(to, replacement, 3);
        else if (c == '"' || c == '\\')
            to = put(put(to, "\\", 1), s.ptr, 1);
        else if (c < 0x20)
            to += snprintf(to, ESCAPED_MAX + 1, "\\u%04x", c);
        else
            to = put(to, s.ptr, n);
        s = span_skip(s, n ? n : 1);
    }
    return to;
}

struct span envelope_write(struct arena *a, struct span host, struct span line)
{
    char *text = arena_take(a, (host.len + line.len) * ESCAPED_MAX + 64);
    char *p = put(text, "{\"host\": \"", 10);
    p = put_text(p, host);
    p = put(p, "\", \"message\": \"", 15);
    p = put_text(p, line);
    p = put(p, "\"}", 2);
    return span_from(text, (size_t)(p - text));
}
