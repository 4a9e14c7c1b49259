/*
 * cause.h — step 8: facts → cause, by a table of ordered predicates; the first row that fits decides.
 *
 * Source  the Cisco troubleshooting document; messages.md 3 (taxonomy and what not to confuse); texts in
 * catalog/causes.ini.
 */
#ifndef IKEWATCH_CLASSIFY_CAUSE_H
#define IKEWATCH_CLASSIFY_CAUSE_H

#include "classify/state.h"

enum cause_when {
    WHEN_LOST = 1,    /* a tunnel that was up went down */
    WHEN_ATTEMPT = 2, /* an attempt to bring it up failed */
};

struct cause_rule {
    const char *cause;        /* slug */
    const char *alternatives; /* slugs that this log cannot tell apart from it, blank-separated; "" none */
    uint64_t all, any, none;  /* facts; any = 0: no condition */
    uint8_t when;             /* enum cause_when, or-ed */
    uint8_t confidence;       /* enum confidence */
};

/* @return the verdict; rule -1 only when WHEN_ATTEMPT and nothing fits (a loss always has at least
 * `no-evidence`) */
struct verdict cause_decide(uint64_t facts, enum cause_when when);

size_t cause_rule_count(void);
const struct cause_rule *cause_rule_at(size_t i);

/* NULL for rule -1 */
const struct cause_rule *cause_of(struct verdict v);
bool cause_same(struct verdict a, struct verdict b); /* the same slug */

#endif
