/*
 * addr.h — an IP address by value, IPv4 or IPv6, as charon prints it (%H).
 *
 * Source  messages.md 1.5: dotted, compressed, %any and %any6 (no address).
 */
#ifndef IKEWATCH_BASE_ADDR_H
#define IKEWATCH_BASE_ADDR_H

#include "classify/base/span.h"

enum { ADDR_TEXT_MAX = 46 }; /* INET6_ADDRSTRLEN */

struct addr {
    uint8_t family;    /* 0 none, 4, 6 */
    uint8_t bytes[16]; /* network order; of IPv4 the first four, the rest 0 */
};

/* @return false and family 0 if s is no address ("%any" included). */
bool addr_read(struct span s, struct addr *out);

/* Canonical text, terminated. @return its length; 0 and "" for family 0. */
size_t addr_text(const struct addr *a, char buf[ADDR_TEXT_MAX]);

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, 16) == 0;
}

#endif
