/*
 * cause_why.h — why a rule of cause.c fits a set of facts, or what it lacks; for people, never on the hot
 * path.
 *
 * Rules   are named by their place in the table: the first that fits decides.
 * Threads none inside; pure.
 */
#ifndef IKEWATCH_CLASSIFY_CAUSE_WHY_H
#define IKEWATCH_CLASSIFY_CAUSE_WHY_H

#include "classify/event.h"

/* Facts are FACT_BITs. */
struct cause_reason {
    size_t rule;
    const char *cause;       /* slug */
    uint64_t all, any, none; /* the rule: all of these, one of these (0: no condition), none of these */
    uint64_t lacking;        /* of `all`, those that are not there */
    uint64_t lacking_any;    /* `any`, if none of it is there */
    uint64_t against;        /* of `none`, those that are there */
    uint64_t held;           /* of `all` and `any`, those that are there */
    bool fits;
};

/* @param attempt  one that failed; else a loss
 * @return false: the rule is not about that, *out is not set */
bool cause_why(size_t rule, uint64_t facts, bool attempt, struct cause_reason *out);

size_t cause_why_count(void); /* rules */

/* Facts missing until it would fit: alternatives count as one. */
int cause_why_lacks(const struct cause_reason *r);

#endif
