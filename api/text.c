#include "api/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool reserve(struct text *t, size_t more)
{
    if (t->failed)
        return false;
    if (t->cap - t->len > more)
        return true;
    size_t cap = t->cap ? t->cap : 256;
    while (cap - t->len <= more)
        cap *= 2;
    char *grown = realloc(t->ptr, cap);
    if (!grown) {
        t->failed = true;
        return false;
    }
    t->ptr = grown;
    t->cap = cap;
    return true;
}

void text_add(struct text *t, struct span s)
{
    if (s.len == 0 || !reserve(t, s.len))
        return;
    memcpy(t->ptr + t->len, s.ptr, s.len);
    t->len += s.len;
}

void text_format(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need <= 0 || !reserve(t, (size_t)need))
        return;
    va_start(args, format);
    vsnprintf(t->ptr + t->len, t->cap - t->len, format, args);
    va_end(args);
    t->len += (size_t)need;
}

/* Length of the well-formed UTF-8 sequence at the start of s (RFC 3629 section 4), 0 if there is none. */
static size_t utf8_length(struct span s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || s.len < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool outside = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || outside ? 0 : n;
}

static void json_character(struct text *t, unsigned char c)
{
    if (c == '"' || c == '\\')
        text_format(t, "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
        text_format(t, "\\u%04x", c);
    else
        text_add(t, span_from((const char *)&c, 1));
}

void text_json(struct text *t, struct span s)
{
    text_add(t, SPAN("\""));
    while (s.len) {
        size_t n = utf8_length(s);
        if (n == 0)
            text_add(t, SPAN("\xef\xbf\xbd"));
        else if (n == 1)
            json_character(t, (unsigned char)s.ptr[0]);
        else
            text_add(t, span_from(s.ptr, n));
        s = span_skip(s, n ? n : 1);
    }
    text_add(t, SPAN("\""));
}

void text_array_element(struct text *t, struct span s)
{
    text_add(t, SPAN("\""));
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            text_add(t, SPAN("\\"));
        text_add(t, span_from(s.ptr + i, 1));
    }
    text_add(t, SPAN("\""));
}

char *text_take(struct text *t)
{
    char *taken = NULL;
    if (reserve(t, 1)) {
        t->ptr[t->len] = '\0';
        taken = t->ptr;
    } else {
        free(t->ptr);
    }
    *t = (struct text){0};
    return taken;
}

bool text_printable(struct span s)
{
    while (s.len) {
        size_t n = utf8_length(s);
        unsigned char c = (unsigned char)s.ptr[0];
        if (n == 0 || c < 0x20 || c == 0x7f)
            return false;
        s = span_skip(s, n);
    }
    return true;
}
