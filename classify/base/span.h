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

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
    return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
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
