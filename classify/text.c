#include "classify/text.h"

/* Length of the well-formed sequence at p, 0 if there is none. */
static size_t sequence(const unsigned char *p, size_t left)
{
    unsigned char a = p[0], low = 0x80, high = 0xBF;
    size_t n = a >= 0xC2 && a <= 0xDF ? 2 : a >= 0xE0 && a <= 0xEF ? 3 : a >= 0xF0 && a <= 0xF4 ? 4 : 0;
    if (a && a < 0x80)
        return 1;
    if (n == 0 || left < n)
        return 0;
    low = a == 0xE0 ? 0xA0 : a == 0xF0 ? 0x90 : low;
    high = a == 0xED ? 0x9F : a == 0xF4 ? 0x8F : high;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* ASCII without NUL; eight bytes at a time: one less than each borrows from the high bit of a zero only. */
static bool plain(struct span s)
{
    size_t i = 0;
    for (uint64_t word; s.len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, s.ptr + i, sizeof(word));
        if ((word | (word - 0x0101010101010101)) & 0x8080808080808080)
            return false;
    }
    for (; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80 || s.ptr[i] == 0)
            return false;
    return true;
}

struct span text_clean(struct arena *arena, struct span s)
{
    if (!s.ptr || plain(s))
        return arena_span(arena, s);
    char *out = arena_take(arena, s.len * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len;) {
        size_t len = sequence((const unsigned char *)s.ptr + i, s.len - i);
        if (len) {
            memcpy(out + n, s.ptr + i, len);
            n += len;
            i += len;
        } else {
            memcpy(out + n, "\xEF\xBF\xBD", 3);
            n += 3;
            i++;
        }
    }
    return span_from(out, n);
}
