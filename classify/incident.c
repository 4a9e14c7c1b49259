#include "classify/incident.h"

#include <sodium.h>

enum { SAME_ROLE_MAX = 4, MOMENT_MS = 60000, RECENT_MS = 300000 };

/* What explains a loss only when it follows at once; refusals and silence last until they are mended. */
#define MOMENTARY                                                                                            \
    (FACT_BIT(FACT_IKE_DELETE_RECEIVED) | FACT_BIT(FACT_CHILD_DELETE_RECEIVED) |                             \
        FACT_BIT(FACT_IKE_DELETE_SENT) | FACT_BIT(FACT_TERMINATE_REQUESTED) |                                \
        FACT_BIT(FACT_REAUTHENTICATING) | FACT_BIT(FACT_PEER_CAME_BACK) | FACT_BIT(FACT_INITIAL_CONTACT) |   \
        FACT_BIT(FACT_DAEMON_STOPPED) | FACT_BIT(FACT_DAEMON_STARTED) | FACT_BIT(FACT_CHILD_EXPIRED) |       \
        FACT_BIT(FACT_ADMIN_DOWN) | FACT_BIT(FACT_DUPLICATE) | FACT_BIT(FACT_REKEY_COLLISION))
/* What explains it when it happened in the minutes before. */
#define RECENT                                                                                               \
    (FACT_BIT(FACT_CONFIG_COMMITTED) | FACT_BIT(FACT_ADDRESS_CHANGED) | FACT_BIT(FACT_RESOURCES_SHORT) |     \
        FACT_BIT(FACT_CORRUPT))

static const char *const chain_roles[] = {
    "last-proof", "first-unanswered", "attempt", "declared-down", "proposals", "exchange"};

const char *evidence_role_text(uint16_t role)
{
    return role < FACT_COUNT ? fact_role((enum fact)role) : chain_roles[role - FACT_COUNT];
}

void quote_take(struct quote *q, char *text, size_t cap, const struct event *e)
{
    q->at_ms = e->at_ms;
    q->offset = e->offset;
    q->cut = e->line.len > cap;
    q->len = (uint16_t)(q->cut ? cap : e->line.len);
    memcpy(text, e->line.ptr, q->len);
    if (q->cut)
        crypto_hash_sha256(q->sha256, (const unsigned char *)e->line.ptr, e->line.len);
}

/* --- evidence
 * ---------------------------------------------------------------------------------------------------- */

static uint32_t evidence_new(
    struct classify *c, int64_t at_ms, int64_t offset, uint16_t role, struct span text)
{
    uint32_t h = pool_take(&c->evidence);
    if (!h) {
        c->counts.shed++;
        return 0;
    }
    struct evidence *v = pool_at(&c->evidence, h);
    v->at_ms = at_ms;
    v->offset = offset;
    v->role = role;
    v->len = (uint16_t)(text.len < sizeof(v->text) ? text.len : sizeof(v->text));
    memcpy(v->text, text.ptr, v->len);
    return h;
}

/* Is there room for one more of this role in the list, and is the line not there yet? */
static bool wanted(
    const struct classify *c, const uint32_t *list, uint8_t count, uint16_t role, int64_t offset)
{
    int same = 0;
    for (uint8_t i = 0; i < count; i++) {
        const struct evidence *v = pool_at(&c->evidence, list[i]);
        if (v->offset == offset)
            return false;
        same += v->role == role;
    }
    return count < EVIDENCE_PER_TUNNEL && same < SAME_ROLE_MAX;
}

/* Where lines of the trouble at hand go: into the open incident, else beside the tunnel until there is one.
 */
static uint32_t *list_of(struct classify *c, struct tunnel *t, uint8_t **count)
{
    struct incident *i = t->incident ? incident_at(c, t->incident) : NULL;
    if (i && !i->closed) {
        mark_incident(c, t->incident);
        *count = &i->evidence_count;
        return i->evidence;
    }
    *count = &t->evidence_count;
    return t->evidence;
}

void incident_line(struct classify *c, uint32_t tunnel, uint16_t role, const struct event *e)
{
    uint8_t *count;
    uint32_t *list = list_of(c, tunnel_at(c, tunnel), &count);
    if (!wanted(c, list, *count, role, e->offset))
        return;
    uint32_t h = evidence_new(c, e->at_ms, e->offset, role, e->line);
    if (!h)
        return;
    struct evidence *v = pool_at(&c->evidence, h);
    crypto_hash_sha256(v->sha256, (const unsigned char *)e->line.ptr, e->line.len);
    list[(*count)++] = h;
}

static void add_quote(
    struct classify *c, uint32_t tunnel, uint16_t role, const struct quote *q, const char *text)
{
    uint8_t *count;
    uint32_t *list = list_of(c, tunnel_at(c, tunnel), &count);
    if (!q->len || !wanted(c, list, *count, role, q->offset))
        return;
    uint32_t h = evidence_new(c, q->at_ms, q->offset, role, span_from(text, q->len));
    if (!h)
        return;
    struct evidence *v = pool_at(&c->evidence, h);
    if (q->cut)
        memcpy(v->sha256, q->sha256, sizeof(v->sha256));
    else
        crypto_hash_sha256(v->sha256, (const unsigned char *)text, q->len);
    list[(*count)++] = h;
}

void incident_note(struct classify *c, uint32_t tunnel, uint16_t role, const struct note *n)
{
    add_quote(c, tunnel, role, &n->q, n->text);
}

static void drop_evidence(struct classify *c, struct tunnel *t)
{
    for (uint8_t i = 0; i < t->evidence_count; i++)
        pool_give(&c->evidence, t->evidence[i]);
    t->evidence_count = 0;
}

static void drop_diff(struct classify *c, struct tunnel *t)
{
    pool_give(&c->proposals, t->diff);
    t->diff = 0;
}

void incident_clear(struct classify *c, uint32_t tunnel, uint64_t facts)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    if (!t->facts && !t->evidence_count)
        return;
    t->facts &= ~facts;
    if (t->facts)
        return;
    drop_evidence(c, t);
    drop_diff(c, t);
    t->first_unanswered_ms = t->onset_earliest_ms = TIME_NONE;
}

/* What can no longer explain a loss at that moment. */
static uint64_t outdated(const struct tunnel *t, int64_t at_ms)
{
    int64_t age_ms = t->trouble_ms == TIME_NONE ? 0 : at_ms - t->trouble_ms;
    return (age_ms > MOMENT_MS ? MOMENTARY : 0) | (age_ms > RECENT_MS ? RECENT : 0);
}

void incident_renewed(struct classify *c, uint32_t tunnel, int64_t at_ms)
{
    const struct tunnel *t = tunnel_at(c, tunnel);
    uint64_t stay = FACT_BIT(FACT_REKEY_COLLISION);
    if (t->facts &
        FACT_BIT(FACT_IKEV1)) /* its IKE_SA could not be renewed: a CHILD_SA changes nothing about that */
        stay |= FACTS_OF_RENEWAL;
    if (same_second(t->trouble_ms, at_ms))
        stay |= MOMENTARY;
    incident_clear(c, tunnel, ~stay);
}

void incident_outlived(struct classify *c, uint32_t tunnel, int64_t at_ms)
{
    const struct tunnel *t = tunnel_at(c, tunnel);
    if (t->state == TUNNEL_UP && t->child_count && at_ms > t->trouble_ms + DECIDE_GRACE_MS)
        incident_clear(c, tunnel,
            FACT_BIT(FACT_IKE_DELETE_RECEIVED) | FACT_BIT(FACT_CHILD_DELETE_RECEIVED) |
                FACT_BIT(FACT_PEER_CAME_BACK) | FACT_BIT(FACT_DUPLICATE) | FACT_BIT(FACT_INITIAL_CONTACT));
}

void incident_proposals(struct classify *c, uint32_t tunnel, uint32_t proposals)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    struct incident *i =
        t->incident && !incident_at(c, t->incident)->closed ? incident_at(c, t->incident) : NULL;
    uint32_t *to = i ? &i->diff : &t->diff;
    if (!*to)
        *to = pool_take(&c->proposals);
    if (!*to)
        return;
    memcpy(pool_at(&c->proposals, *to), pool_at(&c->proposals, proposals), sizeof(struct proposals));
    const struct proposals *p = pool_at(&c->proposals, proposals);
    add_quote(c, tunnel, ROLE_PROPOSALS, &p->received_note.q, p->received_note.text);
    add_quote(c, tunnel, ROLE_PROPOSALS, &p->configured_note.q, p->configured_note.text);
    if (i)
        mark_incident(c, t->incident);
}

/* --- verdicts
 * ------------------------------------------------------------------------------------------------------ */

static void remember(struct incident *i, int64_t at_ms)
{
    if (i->history_count == HISTORY_MAX) /* the first and the latest are kept */
        i->history_count--;
    i->history[i->history_count++] = (struct history){at_ms, i->symptom, i->verdict};
}

static void set_verdict(struct classify *c, uint32_t h, struct verdict v, int64_t at_ms)
{
    struct incident *i = incident_at(c, h);
    if (i->verdict.rule == v.rule)
        return;
    i->verdict = v;
    remember(i, at_ms);
    mark_incident(c, h);
}

static void tell_decision(
    struct classify *c, uint32_t h, bool blocker, struct verdict v, uint64_t facts, enum cause_when when)
{
    const struct incident *i = incident_at(c, h);
    if (!c->options.decided)
        return;
    struct classify_decision d = {.incident_id = i->id,
        .facts = facts,
        .rule = v.rule,
        .blocker = blocker,
        .attempt = when == WHEN_ATTEMPT};
    for (int fact = 0; fact < FACT_COUNT; fact++)
        d.lines[fact] = -1;
    for (uint8_t k = 0; k < i->evidence_count; k++) {
        const struct evidence *e = pool_at(&c->evidence, i->evidence[k]);
        if (e->role < FACT_COUNT && d.lines[e->role] < 0)
            d.lines[e->role] = e->offset;
    }
    c->options.decided(c->options.decided_ctx, &d);
}

static void decide_loss(struct classify *c, uint32_t h, int64_t at_ms)
{
    uint64_t facts = incident_at(c, h)->facts;
    struct verdict v = cause_decide(facts, WHEN_LOST);
    set_verdict(c, h, v, at_ms);
    tell_decision(c, h, false, v, facts, WHEN_LOST);
}

static void look_again(struct device *d, int64_t at_ms)
{
    if (d->check_ms == TIME_NONE || at_ms < d->check_ms)
        d->check_ms = at_ms;
}

/* CSCvx86427: the peer's DELETE of the current IKE_SA, and nobody starts again (causes.md). */
static void watch_defect(struct classify *c, struct incident *i)
{
    const struct cause_rule *r = cause_of(i->verdict);
    i->defect = r && strcmp(r->cause, "peer-delete") == 0 && !i->restarted && !i->closed;
    if (i->defect)
        look_again(device_at(c, i->device), i->began_ms + c->options.stay_down_after_ms);
}

/* The facts of a tunnel that is down changed: does the verdict? */
static void decide_again(struct classify *c, struct tunnel *t, int64_t at_ms)
{
    struct incident *i = t->incident ? incident_at(c, t->incident) : NULL;
    if (!i || i->symptom == SYMPTOM_NOT_ESTABLISHED || at_ms > i->began_ms + DECIDE_GRACE_MS)
        return;
    i->facts |= t->facts;
    decide_loss(c, t->incident, at_ms);
    if (t->first_unanswered_ms != TIME_NONE && i->onset_latest_ms == TIME_NONE) {
        i->onset_earliest_ms = t->onset_earliest_ms;
        i->onset_latest_ms = t->first_unanswered_ms;
        mark_incident(c, t->incident);
    }
    watch_defect(c, i);
}

bool incident_decided(const struct classify *c, uint32_t tunnel, int64_t at_ms)
{
    const struct tunnel *t = tunnel_at(c, tunnel);
    return t->state == TUNNEL_NEVER_UP || (t->state == TUNNEL_DOWN && at_ms > t->since_ms + DECIDE_GRACE_MS);
}

void incident_fact(struct classify *c, uint32_t tunnel, enum fact fact, const struct event *e)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    if (e && t->state == TUNNEL_UP)
        incident_clear(c, tunnel, outdated(t, e->at_ms));
    t->facts |= FACT_BIT(fact);
    if (e) {
        t->trouble_ms = e->at_ms;
        incident_line(c, tunnel, (uint16_t)fact, e);
    }
    if (t->incident)
        decide_again(c, t, e ? e->at_ms : t->since_ms);
}

/* --- open, extend, close
 * ------------------------------------------------------------------------------------------- */

static uint32_t open_incident(
    struct classify *c, uint32_t tunnel, uint8_t symptom, int64_t began_ms, int64_t offset)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    incident_settle(c, tunnel, INT64_MAX);
    uint32_t h = pool_take(&c->incidents);
    if (!h) {
        c->counts.shed++;
        return 0;
    }
    struct incident *i = incident_at(c, h);
    *i = (struct incident){.id = hash_mix(t->id, (uint64_t)offset),
        .device = t->device,
        .tunnel = tunnel,
        .symptom = symptom,
        .verdict = {-1},
        .blocker = {-1},
        .began_ms = began_ms,
        .onset_earliest_ms = TIME_NONE,
        .onset_latest_ms = TIME_NONE,
        .declared_ms = TIME_NONE,
        .ended_ms = TIME_NONE,
        .predicted_ms = TIME_NONE,
        .down_ms = TIME_NONE,
        .diff = t->diff};
    memcpy(i->evidence, t->evidence, sizeof(i->evidence));
    i->evidence_count = t->evidence_count;
    t->evidence_count = 0;
    t->diff = 0;
    t->incident = h;
    mark_tunnel(c, tunnel);
    mark_incident(c, h);
    return h;
}

void incident_open_down(struct classify *c, uint32_t tunnel, int64_t at_ms, int64_t offset, bool declared)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    uint32_t h = open_incident(c, tunnel, SYMPTOM_DOWN, at_ms, offset);
    if (!h)
        return;
    struct incident *i = incident_at(c, h);
    i->onset_earliest_ms = t->onset_earliest_ms != TIME_NONE ? t->onset_earliest_ms : t->last_proof_ms;
    i->onset_latest_ms = t->first_unanswered_ms;
    i->declared_ms = declared ? at_ms : TIME_NONE;
    i->predicted_ms = t->predicted_ms;
    t->predicted_ms = TIME_NONE;
    i->down_ms = at_ms;
    i->has_outage = true;
    i->outage_id = hash_mix(i->id, 1);
    t->facts &= ~outdated(t, at_ms);
    i->facts = t->facts;
    decide_loss(c, h, at_ms);
    watch_defect(c, i);
}

/* An attempt's verdict: the first is the cause of a tunnel that never came up, a later one that differs its
 * blocker. */
static void attempt_verdict(struct classify *c, uint32_t h, struct verdict v, uint64_t facts, int64_t at_ms)
{
    struct incident *i = incident_at(c, h);
    const struct cause_rule *now = cause_of(i->verdict);
    bool first = i->symptom == SYMPTOM_NOT_ESTABLISHED && (!now || now->confidence == CONFIDENCE_POSSIBLE);
    if (first) {
        set_verdict(c, h, v, at_ms);
    } else if (i->blocker.rule != v.rule) {
        i->blocker = cause_same(i->verdict, v) ? (struct verdict){-1} : v;
        mark_incident(c, h);
    }
    tell_decision(c, h, !first, first ? v : i->blocker, facts, WHEN_ATTEMPT);
}

void incident_attempt_failed(struct classify *c, uint32_t tunnel, uint64_t facts, bool was_there,
    int64_t began_ms, const struct event *e)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    struct verdict v = cause_decide(facts, WHEN_ATTEMPT);
    if (v.rule < 0 || t->state == TUNNEL_UP)
        return;
    if (!t->incident || incident_at(c, t->incident)->closed) {
        /* no up was seen; but an IKE_SA that was there before the log began means that there was one */
        bool was_up = t->seen_up || was_there;
        if (!open_incident(c, tunnel, was_up ? SYMPTOM_DOWN : SYMPTOM_NOT_ESTABLISHED, began_ms, e->offset))
            return;
        t->state = was_up ? TUNNEL_DOWN : TUNNEL_NEVER_UP;
        t->since_ms = began_ms;
        set_verdict(c, t->incident, v, e->at_ms);
        tell_decision(c, t->incident, false, v, facts, WHEN_ATTEMPT);
        return;
    }
    attempt_verdict(c, t->incident, v, facts, e->at_ms);
}

void incident_close(struct classify *c, uint32_t tunnel, int64_t at_ms)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    if (t->incident && !incident_at(c, t->incident)->closed) {
        struct incident *i = incident_at(c, t->incident);
        i->closed = true;
        i->ended_ms = at_ms;
        i->defect = false;
        if (i->symptom == SYMPTOM_DOWN && at_ms - i->began_ms <= c->options.flap_window_ms) {
            i->symptom = SYMPTOM_FLAP;
            remember(i, at_ms);
        }
        look_again(device_at(c, t->device), at_ms + DECIDE_GRACE_MS + 1);
        mark_incident(c, t->incident);
        mark_tunnel(c, tunnel);
    }
    t->facts = 0;
    drop_evidence(c, t);
    drop_diff(c, t);
    t->first_unanswered_ms = t->onset_earliest_ms = TIME_NONE;
}

void incident_settle(struct classify *c, uint32_t tunnel, int64_t now_ms)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    if (!t->incident)
        return;
    struct incident *i = incident_at(c, t->incident);
    if (now_ms != INT64_MAX && (!i->closed || now_ms <= i->ended_ms + DECIDE_GRACE_MS))
        return;
    i->closed = i->settled = true; /* collect forgets it when it is written */
    mark_incident(c, t->incident);
    t->incident = 0;
}

void incident_restarted(struct classify *c, uint32_t tunnel)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    if (!t->incident || incident_at(c, t->incident)->closed || incident_at(c, t->incident)->restarted)
        return;
    struct incident *i = incident_at(c, t->incident);
    i->restarted = true;
    i->defect = false;
    mark_incident(c, t->incident);
}

static void check_one(struct classify *c, struct device *d, uint32_t tunnel, int64_t now_ms)
{
    incident_settle(c, tunnel, now_ms);
    uint32_t h = tunnel_at(c, tunnel)->incident;
    struct incident *i = h ? incident_at(c, h) : NULL;
    if (!i || (!i->closed && (!i->defect || i->defect_sure)))
        return;
    int64_t due = i->closed ? i->ended_ms + DECIDE_GRACE_MS + 1 : i->began_ms + c->options.stay_down_after_ms;
    if (i->closed || due > now_ms) {
        look_again(d, due);
        return;
    }
    i->defect_sure = true; /* other lines of the device arrive: the silence about this tunnel is real */
    mark_incident(c, h);
}

void incident_check(struct classify *c, uint32_t device, int64_t now_ms)
{
    struct device *d = device_at(c, device);
    d->check_ms = TIME_NONE;
    for (uint32_t t = d->first_tunnel; t; t = tunnel_at(c, t)->next_of_device)
        check_one(c, d, t, now_ms);
}
