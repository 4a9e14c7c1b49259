/*
 * eight.h — text read eight bytes at a time: where is the first byte of some kind?
 *
 * A result has the top bit of each byte set that is of the kind; above the first one that is set, the bits of
 * eight_equal() mean nothing. Several may be joined by |. The first byte is the lowest, as on all machines of
 * Hyperscan and Vectorscan.
 */
#ifndef IKEWATCH_BASE_EIGHT_H
#define IKEWATCH_BASE_EIGHT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EIGHT_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t eight_read(const char *p)
{
    uint64_t bytes;
    memcpy(&bytes, p, sizeof(bytes));
    return bytes;
}

static inline uint64_t eight_equal(uint64_t bytes, char c)
{
    uint64_t differ = bytes ^ EIGHT_OF((unsigned char)c);
    return (differ - EIGHT_OF(1)) & ~differ & EIGHT_OF(0x80);
}

static inline uint64_t eight_digits(uint64_t bytes)
{
    uint64_t low = bytes & EIGHT_OF(0x7F);
    return (low + EIGHT_OF(0x80 - '0')) & ~(low + EIGHT_OF(0x7F - '9')) & ~bytes & EIGHT_OF(0x80);
}

/* Which of the eight; found is not 0. */
static inline size_t eight_first(uint64_t found)
{
    uint64_t one = (found & -found) >> 7; /* in byte n, and the product has n in its top byte */
    return (size_t)(one * UINT64_C(0x0001020304050607) >> 56);
}

#endif
