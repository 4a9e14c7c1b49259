#include "ingest/explain_why.h"

#include <stdlib.h>

enum { DECISIONS_FIRST = 256 };

struct explain_why {
    struct classify_decision *list;
    size_t count, cap;
    bool failed; /* memory was short */
};

struct explain_why *explain_why_new(void)
{
    return calloc(1, sizeof(struct explain_why));
}

void explain_why_free(struct explain_why *why)
{
    if (why)
        free(why->list);
    free(why);
}

void explain_why_decided(void *ctx, const struct classify_decision *decision)
{
    struct explain_why *why = ctx;
    struct classify_decision *last = why->count ? &why->list[why->count - 1] : NULL;
    if (last && last->incident_id == decision->incident_id && last->blocker == decision->blocker) {
        *last = *decision;
        return;
    }
    if (why->count == why->cap) {
        size_t cap = why->cap ? why->cap * 2 : DECISIONS_FIRST;
        struct classify_decision *list = realloc(why->list, cap * sizeof(*list));
        if (!list) {
            why->failed = true;
            return;
        }
        why->list = list;
        why->cap = cap;
    }
    why->list[why->count++] = *decision;
}

static int compare_key(const struct classify_decision *a, const struct classify_decision *b)
{
    if (a->incident_id != b->incident_id)
        return a->incident_id < b->incident_id ? -1 : 1;
    return (a->blocker > b->blocker) - (a->blocker < b->blocker);
}

static int by_key_and_age(const void *a, const void *b)
{
    const struct classify_decision *x = *(struct classify_decision *const *)a,
                                   *y = *(struct classify_decision *const *)b;
    int c = compare_key(x, y);
    return c ? c : (x > y) - (x < y);
}

int explain_why_settle(struct explain_why *why)
{
    size_t n = why->count, kept = 0;
    const struct classify_decision **order = malloc((n ? n : 1) * sizeof(*order));
    struct classify_decision *list = malloc((n ? n : 1) * sizeof(*list));
    if (why->failed || !order || !list) {
        free(order);
        free(list);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = &why->list[i];
    qsort(order, n, sizeof(*order), by_key_and_age);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || compare_key(order[i], order[i + 1]) != 0)
            list[kept++] = *order[i];
    free(order);
    free(why->list);
    why->list = list;
    why->count = kept;
    why->cap = n ? n : 1;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return compare_key(a, b);
}

const struct classify_decision *explain_why_find(
    const struct explain_why *why, uint64_t incident_id, bool blocker)
{
    const struct classify_decision key = {.incident_id = incident_id, .blocker = blocker};
    const struct classify_decision *d =
        why->count ? bsearch(&key, why->list, why->count, sizeof(*why->list), by_key) : NULL;
    return d && d->blocker && d->rule < 0 ? NULL : d;
}

static int by_lack(const void *a, const void *b)
{
    const struct cause_reason *x = a, *y = b;
    int c = cause_why_lacks(x) - cause_why_lacks(y);
    if (c == 0)
        c = (x->held == 0) - (y->held == 0);
    return c ? c : (x->rule > y->rule) - (x->rule < y->rule);
}

size_t explain_why_rejected(const struct classify_decision *d, bool all, struct cause_reason *out)
{
    size_t n = 0, rules = cause_why_count();
    size_t end = all || d->rule < 0 ? rules : (size_t)d->rule;
    for (size_t i = 0; i < end; i++) {
        struct cause_reason *r = &out[n];
        if ((int64_t)i == d->rule || !cause_why(i, d->facts, d->attempt, r))
            continue;
        n += all || r->held || cause_why_lacks(r) == 1;
    }
    qsort(out, n, sizeof(*out), by_lack);
    return n;
}

const struct row_device *explain_why_device(const struct analysis *a, uint64_t device_id)
{
    for (size_t i = 0; i < a->devices.count; i++) {
        const struct row_device *d = a->devices.at[i];
        if (d->device_id == device_id)
            return d;
    }
    return NULL;
}

bool explain_why_wanted(const struct explain_why_view *v, const struct row_tunnel *t)
{
    const struct row_device *d = v->device ? explain_why_device(v->analysis, t->device_id) : NULL;
    if (v->device && !(d && span_eq_nocase(d->name, span_of(v->device))))
        return false;
    return !v->tunnel || span_eq_nocase(t->name, span_of(v->tunnel)) ||
           (t->conn.ptr && span_eq_nocase(t->conn, span_of(v->tunnel)));
}

static int facts_of_role(uint64_t facts, struct span role)
{
    int n = 0;
    for (int f = 1; f < FACT_COUNT; f++)
        n += facts & FACT_BIT(f) && span_eq(span_of(fact_role((enum fact)f)), role);
    return n;
}

const struct row_evidence *explain_why_line(
    const struct analysis *a, const struct classify_decision *d, enum fact fact)
{
    struct analysis_slice lines = analysis_slice(&a->evidence, d->incident_id);
    struct span role = span_of(fact_role(fact));
    for (size_t i = 0; d->lines[fact] >= 0 && i < lines.count; i++)
        if (((const struct row_evidence *)lines.at[i])->source_offset == d->lines[fact])
            return lines.at[i];
    if (facts_of_role(d->facts, role) != 1) /* whose line it is, cannot be told */
        return NULL;
    for (size_t i = 0; i < lines.count; i++)
        if (span_eq(((const struct row_evidence *)lines.at[i])->role, role))
            return lines.at[i];
    return NULL;
}

bool explain_why_unsure(const struct row_incident *n)
{
    return span_eq(n->confidence, SPAN("possible")) || span_eq(n->cause, SPAN("no-evidence"));
}
