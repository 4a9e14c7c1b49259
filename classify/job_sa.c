/* The life of IKE_SAs and CHILD_SAs as charon tells it. */
#include "classify/job_step.h"

static int64_t at(const struct step *s)
{
    return s->e->at_ms;
}

/* The SA that a line names by connection and uid, made if the log began after it. */
static uint32_t named_sa(struct step *s, uint8_t state_if_new)
{
    struct classify *c = s->c;
    uint32_t tunnel = tunnel_of_conn(c, s->device, event_text(s->e, F_CONN), at(s));
    step_bind_named(s, tunnel);
    uint32_t h = step_sa_by_uid(s);
    if (!h) {
        h = sa_new(c, s->device, event_number(s->e, F_UID), at(s));
        if (!h)
            return 0;
        sa_at(c, h)->state = state_if_new;
        sa_at(c, h)->implicit = state_if_new == SA_ESTABLISHED;
    }
    if (tunnel)
        sa_set_tunnel(c, h, tunnel);
    return h;
}

static void learn_between(struct step *s, uint32_t h)
{
    struct addr local, peer;
    if (!event_addr(s->e, F_LOCAL, &local) || !event_addr(s->e, F_PEER, &peer))
        return;
    sa_set_pair(s->c, h, &local, &peer, 0, 0);
    if (sa_at(s->c, h)->tunnel)
        tunnel_learn(s->c, sa_at(s->c, h)->tunnel, &local, &peer);
}

STEP_HANDLER(on_initiating)
{
    uint32_t h = named_sa(s, SA_CREATED);
    if (!h)
        return;
    struct sa *sa = sa_at(s->c, h);
    if (sa->state == SA_GONE) { /* keyingtries: the same SA once more */
        sa->state = SA_CREATED;
        sa->created_ms = at(s);
        sa->facts = 0;
        sa->next_out = -1;
    }
    sa->initiator = true;
    if (!sa->initiating.q.len)
        note_take(&sa->initiating, s->e);
    s->job->sa = h;
    step_bind(s, h, 0);
    struct addr none = {0}, peer;
    if (sa->tunnel && event_addr(s->e, F_PEER, &peer))
        tunnel_learn(s->c, sa->tunnel, &none, &peer);
    if (sa->tunnel)
        incident_restarted(s->c, sa->tunnel);
}

STEP_HANDLER(on_peer_initiating)
{
    if (event_has(s->e, F_UID) && s->job->sa) {
        sa_set_uid(s->c, s->job->sa, event_number(s->e, F_UID));
        uint32_t tunnel = tunnel_of_conn(s->c, s->device, event_text(s->e, F_CONN), at(s));
        if (tunnel)
            sa_set_tunnel(s->c, s->job->sa, tunnel);
        step_bind(s, s->job->sa, tunnel);
    }
}

/* A responder's SA gets its uid here, from whatever job brought it this far. */
static uint32_t established_sa(struct step *s)
{
    uint32_t h = step_sa_by_uid(s);
    const struct sa *sa = s->job->sa ? sa_at(s->c, s->job->sa) : NULL;
    if (!h && sa && sa->uid < 0 && sa->state == SA_CONNECTING) {
        sa_set_uid(s->c, s->job->sa, event_number(s->e, F_UID));
        h = s->job->sa;
    }
    return h;
}

/* From here the other side counts its requests from 0 (RFC 7296 2.2). */
static void establish(struct sa *sa)
{
    sa->state = SA_ESTABLISHED;
    if (sa->initiator)
        sa->next_in = 0;
    else
        sa->next_out = 0;
}

/* The line that says so can be lost. */
static void proves_established(struct step *s, uint32_t h)
{
    struct sa *sa = sa_at(s->c, h);
    if (sa->state == SA_CONNECTING)
        establish(sa);
}

STEP_HANDLER(on_established)
{
    struct classify *c = s->c;
    uint32_t h = established_sa(s);
    uint32_t tunnel = tunnel_of_conn(c, s->device, event_text(s->e, F_CONN), at(s));
    if (h && tunnel) {
        sa_set_tunnel(c, h, tunnel);
        s->job->tunnel = tunnel;
    } else {
        h = named_sa(s, SA_ESTABLISHED);
    }
    if (!h)
        return;
    step_bind(s, h, tunnel);
    struct sa *sa = sa_at(c, h);
    establish(sa);
    learn_between(s, h);
    if (sa->tunnel)
        tunnel_proof(c, sa->tunnel, at(s));
    if (sa->tunnel && sa->facts & FACT_BIT(FACT_IKEV1) && tunnel_at(c, sa->tunnel)->state == TUNNEL_UP)
        step_renewed(s, sa->tunnel);
}

STEP_HANDLER(on_rekeyed)
{
    struct classify *c = s->c;
    uint32_t old = s->job->sa;
    uint32_t h = named_sa(s, SA_ESTABLISHED);
    if (!h)
        return;
    struct sa *sa = sa_at(c, h);
    sa->state = SA_ESTABLISHED;
    sa->implicit = false;
    sa->next_out = sa->next_in = 0;
    learn_between(s, h);
    if (sa->tunnel)
        incident_clear(
            c, sa->tunnel, FACT_BIT(FACT_IKE_REKEY_REFUSED) | FACT_BIT(FACT_IKE_REKEY_REFUSED_BY_US));
    if (old && old != h && sa_at(c, old)->tunnel == sa->tunnel) {
        sa_at(c, old)->state = SA_REKEYED;
        s->job->sa = old; /* its response, or its DELETE, is still to come in this job */
    }
}

/* Is there another one of its tunnel, made before that moment? */
static bool has_other_sa(const struct classify *c, uint32_t h, int64_t before_ms)
{
    const struct sa *sa = sa_at(c, h);
    for (uint32_t i = device_at(c, sa->device)->first_sa; i; i = sa_at(c, i)->next_of_device)
        if (i != h && sa_at(c, i)->tunnel == sa->tunnel && sa_at(c, i)->state == SA_ESTABLISHED &&
            sa_at(c, i)->created_ms < before_ms)
            return true;
    return false;
}

/* The peer's next IKE_SA of the same second, whose lines may stand before its DELETE. */
static void came_back_before(struct step *s, uint32_t h)
{
    const struct sa *sa = sa_at(s->c, h);
    for (uint32_t i = device_at(s->c, s->device)->first_sa; i; i = sa_at(s->c, i)->next_of_device) {
        const struct sa *next = sa_at(s->c, i);
        if (i == h || next->tunnel != sa->tunnel || next->initiator || next->implicit ||
            !same_second(next->created_ms, at(s)))
            continue;
        incident_note(s->c, sa->tunnel, FACT_PEER_CAME_BACK, &next->initiating);
        incident_fact(s->c, sa->tunnel, FACT_PEER_CAME_BACK, NULL);
        return;
    }
}

void step_ended(struct step *s, uint32_t h)
{
    struct classify *c = s->c;
    struct sa *sa = sa_at(c, h);
    bool current = sa->state != SA_REKEYED && sa->state != SA_GONE;
    sa->state = SA_GONE;
    sa->gone_ms = at(s);
    exchange_closed(c, sa->out_exchange, OUTCOME_ABANDONED);
    sa->out_exchange = 0;
    if (current && sa->tunnel && !has_other_sa(c, h, INT64_MAX))
        tunnel_children_gone(c, sa->tunnel, s->e);
}

/* While the peer sets up its next IKE_SA charon deletes one only as a duplicate; the line that says so can be
 * lost. */
static void deleted_for_another(struct step *s, uint32_t h)
{
    const struct sa *sa = sa_at(s->c, h);
    const struct exchange *x = s->job->exchange ? exchange_at(s->c, s->job->exchange) : NULL;
    if (x && !x->out && x->type == IKE_AUTH && x->sa != h && sa->state == SA_ESTABLISHED && sa->tunnel &&
        !(tunnel_at(s->c, sa->tunnel)->facts & FACT_BIT(FACT_DUPLICATE)))
        incident_fact(s->c, sa->tunnel, FACT_DUPLICATE, s->e);
}

STEP_HANDLER(on_deleting)
{
    uint32_t h = named_sa(s, SA_ESTABLISHED);
    if (!h)
        return;
    step_bind(s, h, 0);
    learn_between(s, h);
    deleted_for_another(s, h);
    struct sa *sa = sa_at(s->c, h);
    bool asked = sa->state == SA_DELETING && s->job->packet_in;
    if (sa->state == SA_ESTABLISHED)
        sa->state = SA_DELETING;
    if (asked && sa->facts & FACT_BIT(FACT_IKEV1)) /* nothing answers, and nothing says that it is gone */
        step_ended(s, h);
}

STEP_HANDLER(on_deleted)
{
    struct classify *c = s->c;
    uint32_t h = s->job->sa;
    if (!h)
        return;
    struct sa *sa = sa_at(c, h);
    bool current = sa->state != SA_REKEYED && sa->state != SA_GONE;
    bool asked = s->job->exchange && !exchange_at(c, s->job->exchange)->out;
    if (current && asked && sa->tunnel &&
        !(tunnel_at(c, sa->tunnel)->facts & FACT_BIT(FACT_IKE_DELETE_RECEIVED)) &&
        !has_other_sa(c, h, INT64_MAX)) /* the line of the DELETE itself is lost */
        incident_fact(c, sa->tunnel, FACT_IKE_DELETE_RECEIVED, s->e);
    step_ended(s, h);
}

STEP_HANDLER(on_delete_received)
{
    uint32_t h = named_sa(s, SA_ESTABLISHED);
    if (!h)
        return;
    step_bind(s, h, 0);
    proves_established(s, h);
    struct sa *sa = sa_at(s->c, h);
    bool live = sa->state == SA_ESTABLISHED;
    if (live && sa->facts & FACT_BIT(FACT_IKEV1))
        sa->state = SA_DELETING; /* its `deleting` is the end */
    if (!live || !sa->tunnel || has_other_sa(s->c, h, at(s) - at(s) % 1000))
        return;
    incident_fact(s->c, sa->tunnel, FACT_IKE_DELETE_RECEIVED, s->e);
    came_back_before(s, h);
}

STEP_HANDLER(on_delete_sent)
{
    uint32_t h = named_sa(s, SA_ESTABLISHED);
    if (!h)
        return;
    step_bind(s, h, 0);
    const struct sa *sa = sa_at(s->c, h);
    if (sa->state != SA_REKEYED && sa->tunnel && !has_other_sa(s->c, h, INT64_MAX))
        incident_fact(s->c, sa->tunnel, FACT_IKE_DELETE_SENT, s->e);
}

STEP_HANDLER(on_reauthenticating)
{
    uint32_t h = named_sa(s, SA_ESTABLISHED);
    if (!h)
        return;
    step_bind(s, h, 0);
    const struct sa *sa = sa_at(s->c, h);
    if (sa->tunnel && !(sa->facts & FACT_BIT(FACT_IKEV1))) /* which makes the successor before it breaks */
        incident_fact(s->c, sa->tunnel, FACT_REAUTHENTICATING, s->e);
}

/* --- CHILD_SAs
 * ------------------------------------------------------------------------------------------------------ */

static uint32_t child_tunnel(struct step *s)
{
    uint32_t tunnel = tunnel_of_child_name(s->c, s->device, event_text(s->e, F_CHILD), at(s));
    step_bind_named(s, tunnel);
    return tunnel;
}

STEP_HANDLER(on_child_establishing)
{
    child_tunnel(s);
}

STEP_HANDLER(on_child_established)
{
    uint32_t tunnel = child_tunnel(s);
    if (s->job->sa)
        proves_established(s, s->job->sa);
    if (tunnel)
        tunnel_child_up(s->c, tunnel, event_number(s->e, F_CHILD_ID), event_hex(s->e, F_SPI_IN),
            event_hex(s->e, F_SPI_OUT), s->e);
}

/* The peer asks for it, though the line of its DELETE is lost. */
static bool asked_to_close(const struct step *s, uint32_t tunnel)
{
    if (!s->job->exchange || tunnel_at(s->c, tunnel)->facts & FACT_BIT(FACT_CHILD_DELETE_RECEIVED))
        return false;
    const struct exchange *x = exchange_at(s->c, s->job->exchange);
    bool newest;
    return !x->out && payloads_flags(s->c, x->request) & PAYLOAD_DELETE &&
           tunnel_with_spi(s->c, s->device, event_hex(s->e, F_SPI_IN), &newest) == tunnel && newest;
}

STEP_HANDLER(on_child_closing)
{
    uint32_t tunnel = child_tunnel(s);
    if (tunnel && asked_to_close(s, tunnel))
        incident_fact(s->c, tunnel, FACT_CHILD_DELETE_RECEIVED, s->e);
    if (tunnel)
        tunnel_child_gone(s->c, tunnel, event_number(s->e, F_CHILD_ID), s->e);
}

STEP_HANDLER(on_child_expired)
{
    uint32_t tunnel = child_tunnel(s);
    if (!tunnel)
        return;
    if (!tunnel_child_replaced(s->c, tunnel, event_number(s->e, F_CHILD_ID)))
        incident_fact(s->c, tunnel, FACT_CHILD_EXPIRED, s->e);
    tunnel_child_gone(s->c, tunnel, event_number(s->e, F_CHILD_ID), s->e);
}

STEP_HANDLER(on_child_delete_received)
{
    bool newest;
    uint32_t tunnel = tunnel_with_spi(s->c, s->device, event_hex(s->e, F_SPI), &newest);
    bool unknown = !tunnel;
    tunnel = tunnel ? tunnel : s->job->tunnel;
    if (!tunnel)
        return;
    step_bind_named(s, tunnel);
    newest |= unknown && !tunnel_rekeyed_lately(s->c, tunnel, at(s));
    /* in a request it is the peer's wish; in a response it confirms ours; of an older CHILD_SA it ends a
     * rekeying */
    bool asked = s->job->exchange && !exchange_at(s->c, s->job->exchange)->out;
    if (asked && newest)
        incident_fact(s->c, tunnel, FACT_CHILD_DELETE_RECEIVED, s->e);
}

STEP_HANDLER(on_child_failed)
{
    uint32_t tunnel = step_tunnel(s, false);
    if (tunnel && tunnel_at(s->c, tunnel)->state != TUNNEL_UP)
        incident_line(s->c, tunnel, ROLE_SUMMARY, s->e);
}

STEP_HANDLER(on_child_spi)
{
    bool newest;
    uint32_t tunnel = tunnel_with_spi(s->c, s->device, event_hex(s->e, F_SPI), &newest);
    step_bind(s, 0, tunnel);
}

/* --- proposals, schedules, requests of the operator
 * --------------------------------------------------------------------- */

static struct proposals *job_proposals(struct step *s)
{
    if (!s->job->proposals)
        s->job->proposals = pool_take(&s->c->proposals);
    return s->job->proposals ? pool_at(&s->c->proposals, s->job->proposals) : NULL;
}

STEP_HANDLER(on_proposals_received)
{
    struct proposals *p = job_proposals(s);
    if (!p)
        return;
    p->received_len = (uint16_t)span_copy(p->received, sizeof(p->received), event_text(s->e, F_PROPOSALS));
    quote_take(&p->received_note.q, p->received_note.text, sizeof(p->received_note.text), s->e);
}

STEP_HANDLER(on_proposals_configured)
{
    struct proposals *p = job_proposals(s);
    if (!p)
        return;
    p->configured_len =
        (uint16_t)span_copy(p->configured, sizeof(p->configured), event_text(s->e, F_PROPOSALS));
    quote_take(&p->configured_note.q, p->configured_note.text, sizeof(p->configured_note.text), s->e);
}

STEP_HANDLER(on_rekey_scheduled)
{
    uint32_t tunnel = step_tunnel(s, false);
    int64_t seconds = event_number(s->e, F_SECONDS);
    if (!tunnel || seconds < 0 || seconds > INT32_MAX)
        return;
    tunnel_at(s->c, tunnel)->next_rekey_ms = at(s) + seconds * 1000;
    mark_tunnel(s->c, tunnel);
}

STEP_HANDLER(on_initiate_requested)
{
    uint32_t tunnel = child_tunnel(s);
    if (tunnel)
        incident_restarted(s->c, tunnel);
}

STEP_HANDLER(on_terminate_requested)
{
    uint32_t tunnel = 0, sa = step_sa_by_uid(s);
    if (event_has(s->e, F_CONN))
        tunnel = tunnel_of_conn(s->c, s->device, event_text(s->e, F_CONN), at(s));
    else if (event_has(s->e, F_CHILD))
        tunnel = tunnel_of_child_name(s->c, s->device, event_text(s->e, F_CHILD), at(s));
    else if (sa)
        tunnel = sa_at(s->c, sa)->tunnel;
    if (!tunnel)
        return;
    step_bind_named(s, tunnel);
    if (!incident_decided(s->c, tunnel, at(s)))
        incident_fact(s->c, tunnel, FACT_TERMINATE_REQUESTED, s->e);
}

STEP_HANDLER(on_conn_loaded)
{
    uint32_t tunnel = tunnel_of_conn(s->c, s->device, event_text(s->e, F_CONN), at(s));
    step_bind_named(s, tunnel);
    if (tunnel && s->e->fact == FACT_CONFIG_COMMITTED && tunnel_at(s->c, tunnel)->state == TUNNEL_UP) {
        incident_fact(s->c, tunnel, FACT_CONFIG_COMMITTED, s->e);
        incident_clear(s->c, tunnel, FACT_BIT(FACT_RESOURCES_SHORT)); /* which every tunnel outlived so far */
    }
}

STEP_HANDLER(on_conn_selected)
{
    uint32_t tunnel = tunnel_of_conn(s->c, s->device, event_text(s->e, F_CONN), at(s));
    if (!tunnel)
        return;
    if (s->job->sa)
        sa_set_tunnel(s->c, s->job->sa, tunnel);
    s->job->tunnel = tunnel;
    step_bind(s, s->job->sa, tunnel);
}

/* --- failures that a single line tells
 * ----------------------------------------------------------------------------------- */

/* Facts that end a negotiation, whatever is printed after them. */
static bool ends_negotiation(enum fact fact)
{
    const uint64_t ends =
        FACT_BIT(FACT_MAC_MISMATCHED) | FACT_BIT(FACT_PSK_MISSING) | FACT_BIT(FACT_METHOD_REFUSED) |
        FACT_BIT(FACT_ID_REFUSED) | FACT_BIT(FACT_NO_PEER_CONFIG) | FACT_BIT(FACT_CERT_INVALID) |
        FACT_BIT(FACT_KEY_UNTRUSTED) | FACT_BIT(FACT_CP_REFUSED) | FACT_BIT(FACT_OWN_KEY_MISSING) |
        FACT_BIT(FACT_EAP_FAILED) | FACT_BIT(FACT_AUTH_FAILED) | FACT_BIT(FACT_KE_REFUSED) |
        FACT_BIT(FACT_TS_REFUSED) | FACT_BIT(FACT_INSTALL_FAILED);
    return ends & FACT_BIT(fact);
}

/* How an attempt went is evidence while a tunnel never came up; of one that was lost, only what refuses it
 * now. */
static bool tells_of_attempt(const struct tunnel *t, enum fact fact)
{
    bool context = fact == FACT_PSK_USED || fact == FACT_NAT_FOUND;
    return fact != FACT_RESPONSE_RESENT && !(context && t->state == TUNNEL_DOWN);
}

/* A message that could not even be read has no summary: it belongs to the negotiation under way with its
 * sender. */
static uint32_t sa_of_fact(const struct step *s)
{
    const struct packet *p = &s->job->packet;
    if (s->job->sa || !s->job->packet_in)
        return s->job->sa;
    if (s->e->fact == FACT_CORRUPT)
        return sa_expecting(s->c, s->device, &p->dst, &p->src, INFORMATIONAL, -1, true);
    bool repeated = s->e->fact == FACT_RESPONSE_RESENT; /* IKEv1: it is not even parsed */
    if (repeated && event_number(s->e, F_MID))
        return sa_expecting(s->c, s->device, &p->dst, &p->src, QUICK_MODE, -1, false);
    if (!repeated && !ends_negotiation(s->e->fact))
        return 0;
    uint32_t h = sa_expecting(s->c, s->device, &p->dst, &p->src, ID_PROT, 0, !repeated);
    return h ? h : sa_expecting(s->c, s->device, &p->dst, &p->src, ID_PROT, 0, repeated);
}

/* What a tunnel that is up may be lost by. An unreadable packet counts only where an answer is due: anybody
 * can send garbage. */
static bool tells_of_loss(const struct step *s, uint32_t h)
{
    enum fact fact = s->e->fact;
    return fact == FACT_INITIAL_CONTACT || fact == FACT_DUPLICATE || fact == FACT_REKEY_COLLISION ||
           (fact == FACT_CORRUPT && h && sa_at(s->c, h)->out_exchange);
}

STEP_HANDLER(on_fact)
{
    uint32_t h = sa_of_fact(s);
    if (h)
        step_bind(s, h, 0);
    uint32_t tunnel = step_tunnel(s, false);
    if (h && ends_negotiation(s->e->fact)) {
        step_refused(s, h, s->e->fact, NULL);
        return;
    }
    if (h)
        sa_at(s->c, h)->facts |= FACT_BIT(s->e->fact);
    if (!tunnel)
        return;
    const struct tunnel *t = tunnel_at(s->c, tunnel);
    bool up = t->state == TUNNEL_UP;
    bool just_lost = t->state == TUNNEL_DOWN && !incident_decided(s->c, tunnel, at(s));
    if ((up || just_lost) && tells_of_loss(s, h))
        incident_fact(s->c, tunnel, s->e->fact, s->e);
    else if (!up && tells_of_attempt(tunnel_at(s->c, tunnel), s->e->fact))
        incident_line(s->c, tunnel, (uint16_t)s->e->fact, s->e);
}

STEP_HANDLER(on_half_open_expired)
{
    uint32_t oldest = step_sa_by_uid(s);
    struct addr peer;
    bool named = event_addr(s->e, F_PEER, &peer);
    for (uint32_t h = device_at(s->c, s->device)->first_sa; !oldest && h;
         h = sa_at(s->c, h)->next_of_device) {
        const struct sa *sa = sa_at(s->c, h);
        if (!sa->initiator && sa->state == SA_CONNECTING && (!named || addr_eq(&sa->peer, &peer)) &&
            sa->created_ms + 28000 <= at(s)) /* charon waits 30 s */
            oldest = h;
    }
    if (!oldest)
        return;
    step_bind(s, oldest, 0);
    sa_at(s->c, oldest)->state = SA_GONE;
    sa_at(s->c, oldest)->gone_ms = at(s);
    step_refused(s, oldest, FACT_HALF_OPEN_EXPIRED, NULL);
}

STEP_HANDLER(on_endpoint_changed)
{
    if (s->job->sa && sa_at(s->c, s->job->sa)->tunnel)
        tunnel_proof(s->c, sa_at(s->c, s->job->sa)->tunnel, at(s));
}

/* A refusal that needs no SA: of a tunnel that is `known` it fails an attempt at once, of another when it
 * comes again; the trouble began at the first. */
static void refused_without_sa(struct step *s, uint32_t tunnel, enum fact fact, bool known)
{
    struct tunnel *t = tunnel_at(s->c, tunnel);
    bool again = t->facts & FACT_BIT(fact);
    t->facts |= FACT_BIT(fact);
    if (!again)
        t->trouble_ms = at(s);
    incident_line(s->c, tunnel, (uint16_t)fact, s->e);
    if (again || known)
        incident_attempt_failed(s->c, tunnel, FACT_BIT(fact), false, t->trouble_ms, s->e);
}

/* "no config named": of a tunnel that is known, or asked for again; else somebody mistyped a name. */
STEP_HANDLER(on_not_loaded)
{
    uint32_t tunnel = event_has(s->e, F_CONN)
                          ? tunnel_of_conn(s->c, s->device, event_text(s->e, F_CONN), at(s))
                          : tunnel_of_child_name(s->c, s->device, event_text(s->e, F_CHILD), at(s));
    if (!tunnel || tunnel_at(s->c, tunnel)->state == TUNNEL_UP)
        return;
    step_bind_named(s, tunnel);
    const struct tunnel *t = tunnel_at(s->c, tunnel);
    bool known =
        t->state != TUNNEL_UNKNOWN || t->identity == IDENTITY_FTMD || t->identity == IDENTITY_INVENTORY;
    refused_without_sa(s, tunnel, FACT_NOT_LOADED, known);
}

static uint32_t only_tunnel_of(const struct step *s, const struct addr *peer)
{
    uint32_t only = 0;
    for (uint32_t t = device_at(s->c, s->device)->first_tunnel; t; t = tunnel_at(s->c, t)->next_of_device) {
        if (!addr_eq(&tunnel_at(s->c, t)->peer, peer))
            continue;
        if (only)
            return 0;
        only = t;
    }
    return only;
}

/* "ignoring IKE_SA setup from": of a tunnel that is not up, or again and again of a peer without one. */
STEP_HANDLER(on_setup_ignored)
{
    struct addr none = {0}, peer;
    if (!event_addr(s->e, F_PEER, &peer))
        return;
    uint32_t tunnel = only_tunnel_of(s, &peer);
    if (!tunnel)
        tunnel = tunnel_of_pair(s->c, s->device, &none, &peer, at(s));
    if (!tunnel || tunnel_at(s->c, tunnel)->state == TUNNEL_UP)
        return;
    step_bind_named(s, tunnel);
    refused_without_sa(s, tunnel, FACT_HALF_OPEN_LIMIT, false);
}
