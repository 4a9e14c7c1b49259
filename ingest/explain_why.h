/*
 * explain_why.h — `ikewatch explain --why`: of each incident the facts that held, the rule that fired, and
 * what the rules before it lacked.
 *
 * In      classify's decided callback during an offline run, and the rows of that run.
 * Out     a text for people, or the contract "ikewatch-why/1".
 * Memory  one decision kept for each cause and blocker, about 600 bytes.
 * Threads none inside.
 */
#ifndef IKEWATCH_INGEST_EXPLAIN_WHY_H
#define IKEWATCH_INGEST_EXPLAIN_WHY_H

#include "classify/cause_why.h"
#include "ingest/analysis.h"

struct explain_why; /* opaque */

struct explain_why *explain_why_new(void);      /* @return NULL if memory is short */
void explain_why_free(struct explain_why *why); /* NULL is fine */

/* A classify_decided_fn; ctx is the struct explain_why. */
void explain_why_decided(void *ctx, const struct classify_decision *decision);
/* No more decisions come: keeps the last of each. @return 0 or ERR_NOMEM */
int explain_why_settle(struct explain_why *why);
/* @return NULL: none, as of an incident without a blocker */
const struct classify_decision *explain_why_find(
    const struct explain_why *why, uint64_t incident_id, bool blocker);

/**
 * The rules that did not decide, shortest lack first: those before the one that did, of which a fact is there
 * or a single one lacks.
 * @param all  every rule of losses (of attempts), those behind it too
 * @param out  room for cause_why_count()
 * @return how many
 */
size_t explain_why_rejected(const struct classify_decision *d, bool all, struct cause_reason *out);

/* What of a run is told. */
struct explain_why_view {
    const struct analysis *analysis;
    const struct explain_why *why;
    const char *device, *tunnel; /* names, any case; a tunnel's connection too. NULL: all */
    bool all;                    /* of explain_why_rejected() */
    bool colour;
};
bool explain_why_wanted(const struct explain_why_view *v, const struct row_tunnel *t);
/* The device of a tunnel; NULL: no row of it. */
const struct row_device *explain_why_device(const struct analysis *a, uint64_t device_id);
/* The evidence that first told of a fact; NULL: none is kept. */
const struct row_evidence *explain_why_line(
    const struct analysis *a, const struct classify_decision *d, enum fact fact);
/* Is this a verdict that more logging could make sure? */
bool explain_why_unsure(const struct row_incident *n);

/* @return 0, ERR_NOMEM or ERR_IO */
int explain_why_print_text(const struct explain_why_view *v, FILE *out);
int explain_why_print_json(const struct explain_why_view *v, FILE *out);

#endif
