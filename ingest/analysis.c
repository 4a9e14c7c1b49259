#include "ingest/analysis.h"

#include <stdlib.h>

typedef int (*compare_fn)(const void *a, const void *b); /* of two elements of a list: pointers to rows */

enum { MERGERS_MAX = 64 };

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_span(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : compare_u64(a.len, b.len);
}

/* ipsec2 before ipsec10: of two names that differ only in digits, the shorter is the smaller number. */
static int compare_name(struct span a, struct span b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && a.ptr[i] == b.ptr[i])
        i++;
    bool digits =
        i < a.len && i < b.len && a.ptr[i] >= '0' && a.ptr[i] <= '9' && b.ptr[i] >= '0' && b.ptr[i] <= '9';
    return digits && a.len != b.len ? compare_u64(a.len, b.len) : compare_span(a, b);
}

/* Later versions of a row stand behind earlier ones in memory. */
static int compare_place(const void *a, const void *b)
{
    return compare_u64((uintptr_t)a, (uintptr_t)b);
}

/* Each row type has two orders: by key, to find the latest version, and as it is shown. */
#define ORDER(name, type, first, second, third)                                                              \
    static int name(const void *a, const void *b)                                                            \
    {                                                                                                        \
        const struct row_##type *x = *(void *const *)a, *y = *(void *const *)b;                              \
        int c = first;                                                                                       \
        c = c ? c : second;                                                                                  \
        c = c ? c : third;                                                                                   \
        return c ? c : compare_place(x, y);                                                                  \
    }
#define U64(column) compare_u64(x->column, y->column)
#define I64(column) compare_i64(x->column, y->column)

ORDER(device_key, device, U64(device_id), 0, 0)
ORDER(device_order, device, compare_name(x->name, y->name), U64(device_id), 0)
ORDER(tunnel_key, tunnel, U64(tunnel_id), 0, 0)
ORDER(tunnel_order, tunnel, U64(device_id), compare_name(x->name, y->name), U64(tunnel_id))
ORDER(transition_key, transition, U64(transition_id), 0, 0)
ORDER(transition_order, transition, U64(tunnel_id), I64(at), 0)
ORDER(incident_key, incident, U64(incident_id), 0, 0)
ORDER(incident_order, incident, U64(tunnel_id), I64(began), 0)
ORDER(evidence_key, evidence, U64(incident_id), I64(ordinal), 0)
ORDER(exchange_key, exchange, U64(device_id), U64(exchange_id), 0)
ORDER(exchange_order, exchange, U64(tunnel_id), U64(device_id), I64(requested))

static bool same_device(const void *a, const void *b)
{
    return ((const struct row_device *)a)->device_id == ((const struct row_device *)b)->device_id;
}

static bool same_tunnel(const void *a, const void *b)
{
    return ((const struct row_tunnel *)a)->tunnel_id == ((const struct row_tunnel *)b)->tunnel_id;
}

static bool same_transition(const void *a, const void *b)
{
    return ((const struct row_transition *)a)->transition_id ==
           ((const struct row_transition *)b)->transition_id;
}

static bool same_incident(const void *a, const void *b)
{
    return ((const struct row_incident *)a)->incident_id == ((const struct row_incident *)b)->incident_id;
}

static bool same_evidence(const void *a, const void *b)
{
    const struct row_evidence *x = a, *y = b;
    return x->incident_id == y->incident_id && x->ordinal == y->ordinal;
}

static bool same_exchange(const void *a, const void *b)
{
    const struct row_exchange *x = a, *y = b;
    return x->device_id == y->device_id && x->exchange_id == y->exchange_id;
}

/* Pointers to the latest version of each key, in order of key. */
static bool list_latest(struct analysis_list *list, void *rows, size_t count, size_t row_bytes,
    size_t id_offset, compare_fn by_key, bool (*same)(const void *, const void *))
{
    size_t kept = 0;
    list->at = malloc((count ? count : 1) * sizeof(*list->at));
    if (!list->at)
        return false;
    for (size_t i = 0; i < count; i++)
        list->at[i] = (char *)rows + i * row_bytes;
    qsort(list->at, count, sizeof(*list->at), by_key);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !same(list->at[i], list->at[i + 1]))
            list->at[kept++] = list->at[i];
    list->count = kept;
    list->id_offset = id_offset;
    return true;
}

#define LATEST(a, list, table, id)                                                                           \
    list_latest(&(a)->list, (a)->rows.table, (a)->rows.table##_count, sizeof(struct row_##table),            \
        offsetof(struct row_##table, id), table##_key, same_##table)

static uint64_t id_at(const struct analysis_list *list, size_t i)
{
    uint64_t id;
    memcpy(&id, (const char *)list->at[i] + list->id_offset, sizeof(id));
    return id;
}

static size_t lower_bound(const struct analysis_list *list, uint64_t id)
{
    size_t from = 0, to = list->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (id_at(list, middle) < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct analysis_slice analysis_slice(const struct analysis_list *list, uint64_t id)
{
    size_t from = lower_bound(list, id);
    size_t to = id == UINT64_MAX ? list->count : lower_bound(list, id + 1);
    return (struct analysis_slice){list->at + from, to - from};
}

const struct row_tunnel *analysis_tunnel(const struct analysis *a, uint64_t tunnel_id)
{
    for (int i = 0; i < MERGERS_MAX; i++) {
        struct analysis_slice found = analysis_slice(&a->all_tunnels, tunnel_id);
        const struct row_tunnel *t = found.count ? found.at[0] : NULL;
        if (!t || !t->merged_into)
            return t;
        tunnel_id = t->merged_into;
    }
    return NULL;
}

static uint64_t root(const struct analysis *a, uint64_t tunnel_id)
{
    const struct row_tunnel *t = analysis_tunnel(a, tunnel_id);
    return t ? t->tunnel_id : tunnel_id;
}

/* What happened to a tunnel that was merged happened to the one it was merged into. */
static void follow_mergers(struct analysis *a)
{
    for (size_t i = 0; i < a->transitions.count; i++) {
        struct row_transition *t = a->transitions.at[i];
        t->tunnel_id = root(a, t->tunnel_id);
    }
    for (size_t i = 0; i < a->incidents.count; i++) {
        struct row_incident *n = a->incidents.at[i];
        n->tunnel_id = root(a, n->tunnel_id);
    }
    for (size_t i = 0; i < a->exchanges.count; i++) {
        struct row_exchange *x = a->exchanges.at[i];
        x->tunnel_id = root(a, x->tunnel_id);
    }
    size_t kept = 0;
    for (size_t i = 0; i < a->tunnels.count; i++)
        if (!((struct row_tunnel *)a->tunnels.at[i])->merged_into)
            a->tunnels.at[kept++] = a->tunnels.at[i];
    a->tunnels.count = kept;
}

/* An incident's evidence is replaced as a set: what stands behind its last ordinal is of an earlier, longer
 * set. */
static void drop_old_evidence(struct analysis *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->evidence.count; i++) {
        struct row_evidence *e = a->evidence.at[i];
        const struct row_incident *n = NULL;
        for (size_t from = 0, to = a->incidents.count; from < to && !n;) {
            size_t middle = from + (to - from) / 2;
            const struct row_incident *m = a->incidents.at[middle];
            if (m->incident_id == e->incident_id)
                n = m;
            else if (m->incident_id < e->incident_id)
                from = middle + 1;
            else
                to = middle;
        }
        if (n && e->ordinal <= n->evidence_count)
            a->evidence.at[kept++] = e;
    }
    a->evidence.count = kept;
}

int analysis_settle(struct analysis *a)
{
    if (!LATEST(a, devices, device, device_id) || !LATEST(a, all_tunnels, tunnel, tunnel_id) ||
        !LATEST(a, tunnels, tunnel, device_id) || !LATEST(a, transitions, transition, tunnel_id) ||
        !LATEST(a, incidents, incident, tunnel_id) || !LATEST(a, evidence, evidence, incident_id) ||
        !LATEST(a, exchanges, exchange, tunnel_id))
        return ERR_NOMEM;
    drop_old_evidence(a); /* while incidents are in order of their id */
    follow_mergers(a);
    qsort(a->devices.at, a->devices.count, sizeof(void *), device_order);
    qsort(a->tunnels.at, a->tunnels.count, sizeof(void *), tunnel_order);
    qsort(a->transitions.at, a->transitions.count, sizeof(void *), transition_order);
    qsort(a->incidents.at, a->incidents.count, sizeof(void *), incident_order);
    qsort(a->exchanges.at, a->exchanges.count, sizeof(void *), exchange_order);
    return 0;
}

void analysis_free(struct analysis *a)
{
    struct analysis_list *const lists[] = {&a->devices, &a->tunnels, &a->transitions, &a->incidents,
        &a->evidence, &a->exchanges, &a->all_tunnels};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        free(lists[i]->at);
    rows_free(&a->rows);
}

const struct cause *analysis_cause(const struct analysis *a, struct span slug)
{
    return a->catalogue && slug.ptr ? catalogue_cause(a->catalogue, slug) : NULL;
}

const char *analysis_file_of(const struct analysis *a, int64_t number, int64_t *number_in_file)
{
    size_t i = a->file_count;
    *number_in_file = number;
    while (i && a->files[i - 1].first > number)
        i--;
    if (a->file_count < 2 || i == 0)
        return NULL;
    *number_in_file = number - a->files[i - 1].first + 1;
    return a->files[i - 1].name;
}

struct analysis_exchange_counts analysis_count_exchanges(struct analysis_slice exchanges)
{
    struct analysis_exchange_counts n = {.total = exchanges.count};
    for (size_t i = 0; i < exchanges.count; i++) {
        const struct row_exchange *x = exchanges.at[i];
        n.answered += x->answered != TIME_NONE;
        n.retransmitted += x->retransmits != INT_NONE && x->retransmits > 0;
        n.unanswered += span_eq(x->outcome, SPAN("unanswered"));
    }
    return n;
}

bool analysis_sa_text(int32_t daemon_run, int64_t ike_sa, char text[ANALYSIS_SA_MAX])
{
    text[0] = '\0';
    if (ike_sa < 0)
        return false;
    if (daemon_run > 1)
        snprintf(text, ANALYSIS_SA_MAX, "%d.%lld", daemon_run, (long long)ike_sa);
    else
        snprintf(text, ANALYSIS_SA_MAX, "%lld", (long long)ike_sa);
    return true;
}
