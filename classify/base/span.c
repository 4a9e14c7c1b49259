#include "classify/base/span.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static inline unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool span_eq_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower((unsigned char)a.ptr[i]) != lower((unsigned char)b.ptr[i]))
            return false;
    return true;
}

ptrdiff_t span_find(struct span s, struct span what)
{
    if (what.len == 0)
        return 0;
    const char *p = s.ptr, *end = s.ptr + s.len;
    while ((size_t)(end - p) >= what.len) {
        p = memchr(p, what.ptr[0], (size_t)(end - p) - what.len + 1);
        if (!p)
            return -1;
        if (memcmp(p, what.ptr, what.len) == 0)
            return p - s.ptr;
        p++;
    }
    return -1;
}

bool span_u64(struct span s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.len == 0 || s.len > 20)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || (i == 19 && v > (UINT64_MAX - digit) / 10)) /* 19 digits always fit */
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

size_t span_copy(char *buf, size_t cap, struct span s)
{
    size_t n = s.len < cap ? s.len : cap - 1;
    if (n)
        memcpy(buf, s.ptr, n);
    buf[n] = '\0';
    return n;
}

uint64_t span_hash(struct span s, uint64_t seed)
{
    return XXH3_64bits_withSeed(s.ptr ? s.ptr : "", s.len, seed);
}

uint64_t hash_mix(uint64_t seed, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    return XXH3_64bits_withSeed(bytes, sizeof(bytes), seed);
}
