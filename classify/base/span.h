/*
 * span.h — a piece of text by value: pointer and length, never NUL-terminated, never owned.
 *
 * Memory  a span points into somebody else's bytes and lives as long as they do.
 * Threads none inside; values.
 */
#ifndef IKEWATCH_BASE_SPAN_H
#define IKEWATCH_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *ptr; /* NULL: nothing there, as SQL's NULL; "" is an empty text */
    size_t len;      /* bytes */
};

#define SPAN_NONE ((struct span){NULL, 0})
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline struct span span_of(const char *text)
{
    return (struct span){text, text ? strlen(text) : 0};
}

static inline struct span span_from(const char *ptr, size_t len)
{
    return (struct span){ptr, len};
}

/* memcmp() of up to 16 bytes, which most names and words are, without the call: two loads that overlap. */
static inline bool bytes_eq(const char *a, const char *b, size_t n)
{
    uint64_t x[2], y[2];
    uint32_t u[2], v[2];
    if (n > 16)
        return memcmp(a, b, n) == 0;
    if (n >= 8) {
        memcpy(&x[0], a, 8), memcpy(&x[1], a + n - 8, 8);
        memcpy(&y[0], b, 8), memcpy(&y[1], b + n - 8, 8);
        return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
    }
    if (n >= 4) {
        memcpy(&u[0], a, 4), memcpy(&u[1], a + n - 4, 4);
        memcpy(&v[0], b, 4), memcpy(&v[1], b + n - 4, 4);
        return ((u[0] ^ v[0]) | (u[1] ^ v[1])) == 0;
    }
    return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && bytes_eq(a.ptr, b.ptr, a.len);
}

static inline bool span_starts(struct span s, struct span prefix)
{
    return s.len >= prefix.len && bytes_eq(s.ptr, prefix.ptr, prefix.len);
}

/* ASCII only: names of interfaces and connections. */
bool span_eq_nocase(struct span a, struct span b);

/* The rest of s behind the first n bytes; empty if s is shorter. */
static inline struct span span_skip(struct span s, size_t n)
{
    return n >= s.len ? (struct span){s.ptr ? s.ptr + s.len : NULL, 0} : (struct span){s.ptr + n, s.len - n};
}

/* Where `what` first stands in s, or -1. */
ptrdiff_t span_find(struct span s, struct span what);

/* Decimal, all of s, at most UINT64_MAX. @return false if s is anything else. */
bool span_u64(struct span s, uint64_t *out);

/* Copies into a fixed buffer, cut at cap - 1, always terminated. @return bytes copied. */
size_t span_copy(char *buf, size_t cap, struct span s);

/* 64-bit xxh3 of the bytes; the hash from which every id is derived (design 3.14). */
uint64_t span_hash(struct span s, uint64_t seed);

/* Chains one more number into an id. */
uint64_t hash_mix(uint64_t seed, uint64_t value);

#endif
