/* State → rows: step 10 of the data's way. */
#include "classify/cause.h"
#include "classify/incident.h"
#include "classify/proposal.h"
#include "classify/sa.h"
#include "classify/text.h"
#include "classify/tunnel.h"
#include "classify/unknown.h"

static const char *const symptoms[] = {"not-established", "flap", "down"};
static const char *const confidences[] = {"possible", "likely", "certain"};
static const char *const qualities[] = {"good", "replayed", "future"};

static struct span name_or_null(struct arena *a, const char *text)
{
    return text[0] ? text_clean(a, span_of(text)) : SPAN_NONE;
}

static int by_text(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    size_t n = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->ptr, y->ptr, n);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static struct span_list sorted(struct arena *a, struct span *list, size_t n)
{
    for (size_t i = 1; i < n; i++) /* a handful at most */
        for (size_t k = i; k > 0 && by_text(&list[k - 1], &list[k]) > 0; k--) {
            struct span swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
    struct span *copy = arena_take(a, (n ? n : 1) * sizeof(*copy));
    if (n)
        memcpy(copy, list, n * sizeof(*copy));
    return (struct span_list){copy, n};
}

static void device_row(struct device *d, struct rows *out)
{
    struct row_device *row = rows_add_device(out);
    struct span aliases[ALIASES_MAX];
    for (int i = 0; i < d->alias_count; i++)
        aliases[i] = text_clean(out->arena, span_of(d->aliases[i]));
    row->stored = d->stored;
    row->device_id = d->id;
    row->name = text_clean(out->arena, span_of(d->name));
    row->system_ip = name_or_null(out->arena, d->system_ip);
    row->aliases = sorted(out->arena, aliases, d->alias_count);
    row->first_seen = d->first_seen_ms;
    row->last_seen = d->last_seen_ms;
    row->lines = d->lines;
    row->skew_ms = d->skew_known && !d->replayed ? d->skew_ms : LONG_NONE;
    row->time_quality = span_of(qualities[d->future ? 2 : d->replayed ? 1 : 0]);
    row->booted = d->booted_ms;
    d->stored = true;
    d->dirty = false;
}

static void tunnel_row(const struct classify *c, struct tunnel *t, struct rows *out)
{
    struct row_tunnel *row = rows_add_tunnel(out);
    const struct incident *i = t->incident ? incident_at(c, t->incident) : NULL;
    row->stored = t->stored;
    row->tunnel_id = t->id;
    row->device_id = device_at(c, t->device)->id;
    row->name = text_clean(out->arena, span_of(t->name));
    row->vpn_id = t->vpn_id;
    row->conn = name_or_null(out->arena, t->conn);
    row->local = t->local;
    row->peer = t->peer;
    row->identity = span_of(identity_name(t->identity));
    row->state = span_of(tunnel_state_name(t->state));
    row->since = t->since_ms;
    row->first_seen = t->first_seen_ms;
    row->last_proof = t->last_proof_ms;
    row->next_rekey = t->next_rekey_ms;
    row->predicted_down = t->predicted_ms;
    row->near_misses = t->near_misses;
    row->incident_id = i && !i->closed ? i->id : 0;
    row->merged_into = t->merged_into;
    t->stored = true;
    t->dirty = false;
}

/* --- exchanges
 * -------------------------------------------------------------------------------------------------------------
 */

static struct span_list payload_list(const struct classify *c, uint32_t handle, struct arena *a)
{
    if (!handle)
        return (struct span_list){NULL, 0};
    const struct payloads *p = pool_at(&c->payloads, handle);
    struct span *list = arena_take(a, (p->count ? p->count : 1) * sizeof(*list));
    for (uint16_t i = 0; i < p->count; i++)
        list[i] = text_clean(a, span_from(p->text + p->start[i], p->length[i]));
    return (struct span_list){list, p->count};
}

static void exchange_row(const struct classify *c, struct exchange *x, struct rows *out)
{
    struct row_exchange *row = rows_add_exchange(out);
    row->stored = x->stored;
    row->device_id = device_at(c, x->device)->id;
    row->exchange_id = x->id;
    row->tunnel_id = x->tunnel ? tunnel_at(c, x->tunnel)->id : 0;
    row->requested = x->requested_ms;
    row->answered = x->answered_ms;
    row->ike_sa = x->uid >= 0 ? x->uid : LONG_NONE;
    row->daemon_run = x->run;
    row->direction = x->out ? SPAN("out") : SPAN("in");
    row->exchange = span_of(exchange_type_name(x->type));
    row->message_id = x->mid;
    row->retransmits = x->retransmits;
    row->request = payload_list(c, x->request, out->arena);
    row->response = payload_list(c, x->response, out->arena);
    row->request_bytes = x->request_bytes;
    row->response_bytes = x->response_bytes;
    row->outcome = span_of(outcome_name(x->outcome));
    row->near_miss = x->near_miss;
    x->stored = true;
    x->dirty = false;
}

/* --- incidents
 * ---------------------------------------------------------------------------------------------------------------
 */

static struct span_list alternatives(const struct cause_rule *r, struct arena *a)
{
    struct span *list = arena_take(a, 8 * sizeof(*list));
    size_t n = 0;
    for (const char *p = r->alternatives; *p && n < 8;) {
        size_t len = strcspn(p, " ");
        list[n++] = span_from(p, len);
        p += len + (p[len] == ' ');
    }
    return (struct span_list){list, n};
}

static struct span history_json(const struct incident *i, struct arena *a)
{
    struct span all = SPAN("[");
    for (uint8_t k = 0; k < i->history_count; k++) {
        const struct history *h = &i->history[k];
        const struct cause_rule *r = cause_of(h->verdict);
        char at[STAMP_TEXT_MAX];
        stamp_text(h->at_ms, at);
        all = arena_printf(a,
            "%.*s%s{\"at\": \"%s\", \"symptom\": \"%s\", \"cause\": \"%s\", \"confidence\": \"%s\"}",
            (int)all.len, all.ptr, k ? ", " : "", at, symptoms[h->symptom], r ? r->cause : "no-evidence",
            confidences[r ? r->confidence : 0]);
    }
    return arena_printf(a, "%.*s]", (int)all.len, all.ptr);
}

static struct span diff_json(const struct classify *c, uint32_t diff, struct arena *a)
{
    if (!diff)
        return SPAN_NONE;
    const struct proposals *p = pool_at(&c->proposals, diff);
    return proposal_diff_json(
        span_from(p->received, p->received_len), span_from(p->configured, p->configured_len), a);
}

static void incident_row(const struct classify *c, struct incident *i, struct rows *out)
{
    struct row_incident *row = rows_add_incident(out);
    const struct cause_rule *r = cause_of(i->verdict), *blocker = cause_of(i->blocker);
    const struct cause *cause = catalogue_cause(c->options.catalogue, span_of(r ? r->cause : "no-evidence"));
    row->stored = i->stored;
    row->device_id = device_at(c, i->device)->id;
    row->incident_id = i->id;
    row->tunnel_id = tunnel_at(c, i->tunnel)->id;
    row->symptom = span_of(symptoms[i->symptom]);
    row->cause = span_of(r ? r->cause : "no-evidence");
    row->blocker = blocker ? span_of(blocker->cause) : SPAN_NONE;
    row->side = span_of(cause && cause->side ? cause->side : "unknown");
    row->confidence = span_of(confidences[r ? r->confidence : CONFIDENCE_POSSIBLE]);
    row->alternatives = r ? alternatives(r, out->arena) : (struct span_list){NULL, 0};
    row->defect = i->defect ? SPAN("CSCvx86427") : SPAN_NONE;
    row->defect_confidence = i->defect ? (i->defect_sure ? SPAN("likely") : SPAN("possible")) : SPAN_NONE;
    row->began = i->began_ms;
    row->onset_earliest = i->onset_earliest_ms;
    row->onset_latest = i->onset_latest_ms;
    row->declared = i->declared_ms;
    row->ended = i->ended_ms;
    row->predicted_down = i->predicted_ms;
    row->proposal_diff = diff_json(c, i->diff, out->arena);
    row->history = history_json(i, out->arena);
    row->evidence_count = i->evidence_count;
}

static void outage_row(const struct classify *c, const struct incident *i, struct rows *out)
{
    const struct cause_rule *r = cause_of(i->verdict);
    struct row_outage *row = rows_add_outage(out);
    row->stored = i->stored;
    row->device_id = device_at(c, i->device)->id;
    row->outage_id = i->outage_id;
    row->tunnel_id = tunnel_at(c, i->tunnel)->id;
    row->incident_id = i->id;
    row->down_at = i->down_ms;
    row->up_at = i->ended_ms;
    row->blackout_from =
        i->onset_latest_ms != TIME_NONE && i->onset_latest_ms < i->down_ms ? i->onset_latest_ms : i->down_ms;
    row->cause = span_of(r ? r->cause : "no-evidence");
    row->symptom = span_of(symptoms[i->symptom]);
}

/* In order of time, then of the log. */
static void sort_evidence(const struct classify *c, uint32_t *list, uint8_t n)
{
    for (uint8_t i = 1; i < n; i++) {
        for (uint8_t k = i; k > 0; k--) {
            const struct evidence *a = pool_at(&c->evidence, list[k - 1]),
                                  *b = pool_at(&c->evidence, list[k]);
            if (a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->offset <= b->offset))
                break;
            uint32_t swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
    }
}

static void evidence_rows(const struct classify *c, const struct incident *i, struct rows *out)
{
    uint32_t list[EVIDENCE_PER_TUNNEL];
    memcpy(list, i->evidence, sizeof(list));
    sort_evidence(c, list, i->evidence_count);
    for (uint8_t k = 0; k < i->evidence_count; k++) {
        const struct evidence *v = pool_at(&c->evidence, list[k]);
        struct row_evidence *row = rows_add_evidence(out);
        row->device_id = device_at(c, i->device)->id;
        row->incident_id = i->id;
        row->ordinal = k + 1;
        row->at = v->at_ms;
        row->role = span_of(evidence_role_text(v->role));
        row->text = text_clean(out->arena, span_from(v->text, v->len));
        row->sha256 = arena_span(out->arena, span_from((const char *)v->sha256, sizeof(v->sha256)));
        row->source_offset = v->offset;
    }
}

static void forget_incident(struct classify *c, uint32_t h)
{
    struct incident *i = incident_at(c, h);
    for (uint8_t k = 0; k < i->evidence_count; k++)
        pool_give(&c->evidence, i->evidence[k]);
    pool_give(&c->proposals, i->diff);
    pool_give(&c->incidents, h);
}

static void collect_incident(struct classify *c, uint32_t h, struct rows *out)
{
    struct incident *i = incident_at(c, h);
    incident_row(c, i, out);
    evidence_rows(c, i, out);
    if (i->has_outage)
        outage_row(c, i, out);
    i->stored = true;
    i->dirty = false;
    if (i->settled)
        forget_incident(c, h);
}

static void transition_rows(struct classify *c, struct rows *out)
{
    for (uint32_t k = 0; k < c->transition_count; k++) {
        const struct transition *t = &c->transitions[k];
        struct row_transition *row = rows_add_transition(out);
        row->device_id = t->device_id;
        row->tunnel_id = t->tunnel_id;
        row->at = t->at_ms;
        row->transition_id = t->id;
        row->state = t->up ? SPAN("up") : SPAN("down");
        row->source = t->ftmd ? SPAN("ftmd") : SPAN("charon");
        row->time_quality = span_of(qualities[t->quality]);
        row->incident_id = t->incident_id;
    }
    c->transition_count = 0;
}

/* The dirty exchanges, those of a device together: that is how their key lies in the database, so that a
 * batch touches each of its pages once. */
static const uint32_t *exchanges_by_device(const struct classify *c, struct arena *a)
{
    const struct handles *dirty = &c->dirty_exchanges;
    size_t devices = (size_t)c->devices.used + 1;
    uint32_t *ends = arena_take(a, devices * sizeof(*ends));
    uint32_t *list = arena_take(a, dirty->count * sizeof(*list));
    memset(ends, 0, devices * sizeof(*ends));
    for (uint32_t k = 0; k < dirty->count; k++)
        ends[exchange_at(c, dirty->list[k])->device]++;
    for (size_t d = 1; d < devices; d++)
        ends[d] += ends[d - 1];
    for (uint32_t k = dirty->count; k-- > 0;)
        list[--ends[exchange_at(c, dirty->list[k])->device]] = dirty->list[k];
    return list;
}

static void exchange_rows(struct classify *c, struct rows *out)
{
    const struct handles *dirty = &c->dirty_exchanges;
    if (dirty->count == 0)
        return;
    const uint32_t *list = exchanges_by_device(c, out->arena);
    for (uint32_t k = 0; k < dirty->count; k++)
        exchange_row(c, exchange_at(c, list[k]), out);
    for (uint32_t k = 0; k < dirty->count; k++) {
        const struct exchange *x = exchange_at(c, dirty->list[k]);
        if (x->final && !x->jobs)
            pool_give(&c->exchanges, dirty->list[k]);
    }
}

void classify_collect(struct classify *c, struct rows *out)
{
    for (uint32_t k = 0; k < c->dirty_devices.count; k++)
        device_row(device_at(c, c->dirty_devices.list[k]), out);
    for (uint32_t k = 0; k < c->dirty_tunnels.count; k++)
        tunnel_row(c, tunnel_at(c, c->dirty_tunnels.list[k]), out);
    exchange_rows(c, out);
    for (uint32_t k = 0; k < c->dirty_incidents.count; k++)
        collect_incident(c, c->dirty_incidents.list[k], out);
    transition_rows(c, out);
    unknown_collect(c, out);
    c->dirty_devices.count = c->dirty_tunnels.count = c->dirty_exchanges.count = c->dirty_incidents.count = 0;
}
