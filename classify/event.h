/*
 * event.h — step 4: template + line → event; the only place where text becomes numbers.
 *
 * Memory  spans point into the line; a job that must wait for its key copies the line (job.c).
 */
#ifndef IKEWATCH_CLASSIFY_EVENT_H
#define IKEWATCH_CLASSIFY_EVENT_H

#include "classify/base/addr.h"

enum event_kind {
#define EVENT(symbol, name, starts, meaning) symbol,
#define FIELD(symbol, name)
#include "classify/event.def"
#undef EVENT
#undef FIELD
    EVENT_KIND_COUNT
};

enum field {
#define EVENT(symbol, name, starts, meaning)
#define FIELD(symbol, name) symbol,
#include "classify/event.def"
#undef EVENT
#undef FIELD
    FIELD_COUNT
};

enum fact {
    FACT_NONE,
#define FACT(symbol, name, role) symbol,
#include "classify/fact.def"
#undef FACT
    FACT_COUNT
};
_Static_assert(FACT_COUNT <= 64, "facts are a 64-bit set");

#define FACT_BIT(fact) (UINT64_C(1) << (fact))

/* What the field reader found: text[f] is meaningful only where bit f of `set` is. */
struct captures {
    uint64_t set;
    struct span text[FIELD_COUNT];
};

struct event {
    enum event_kind kind;
    enum fact fact;     /* of the template */
    int16_t thread;     /* -1: not printed */
    int64_t at_ms;      /* device clock */
    int64_t offset;     /* of the record */
    int64_t prefix_uid; /* of <conn|uid>, -1: none */
    struct span prefix_conn;
    struct span line; /* whole, as evidence */
    struct captures fields;
};

/* Names as in event.def and fact.def; -1 (0 for a fact) if there is none. */
int event_kind_by_name(struct span name);
int event_field_by_name(struct span name);
int fact_by_name(struct span name);
const char *event_kind_name(enum event_kind kind);
const char *fact_name(enum fact fact);
const char *fact_role(enum fact fact);
bool event_starts_job(enum event_kind kind);

static inline bool event_has(const struct event *e, enum field f)
{
    return e->fields.set >> f & 1;
}

static inline struct span event_text(const struct event *e, enum field f)
{
    return event_has(e, f) ? e->fields.text[f] : SPAN_NONE;
}

/* Decimal; -1 if absent. */
int64_t event_number(const struct event *e, enum field f);
/* Hexadecimal, with or without 0x; -1 if absent. */
int64_t event_hex(const struct event *e, enum field f);
/* false if absent or %any. */
bool event_addr(const struct event *e, enum field f, struct addr *out);

/* The value of `key:` in the pairs of a Viptela notification, unquoted; ptr NULL: not there
 * (messages.md 2.1). */
struct span event_pair(struct span pairs, struct span key);

#endif
