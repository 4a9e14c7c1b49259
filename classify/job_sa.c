/* The life of IKE_SAs and CHILD_SAs as charon tells it. */
#include "classify/job_step.h"

enum { TAKEN_OVER_MS = 120000 };

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
    if (!s->job->tunnel) /* lines of nobody's, or of one of several, are of a job before this */
        step_leave(s);
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

/* IKEv1: has h taken the place of that one so long ago that only the line of its end can be missing? */
static bool took_over(const struct sa *sa, const struct sa *other, int64_t at_ms)
{
    return sa->facts & FACT_BIT(FACT_IKEV1) && other->created_ms < sa->created_ms &&
           sa->created_ms + TAKEN_OVER_MS < at_ms;
}

/* Is there another one of its tunnel, made before that moment? */
static bool has_other_sa(const struct step *s, uint32_t h, int64_t before_ms)
{
    const struct classify *c = s->c;
    const struct sa *sa = sa_at(c, h);
    for (uint32_t i = device_at(c, sa->device)->first_sa; i; i = sa_at(c, i)->next_of_device) {
        const struct sa *other = sa_at(c, i);
        if (i != h && other->tunnel == sa->tunnel && other->state == SA_ESTABLISHED &&
            other->created_ms < before_ms && !took_over(sa, other, at(s)))
            return true;
    }
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
    if (current && sa->tunnel && !has_other_sa(s, h, INT64_MAX))
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

/* The peer asks to delete this one, unless another one of its tunnel was there before that second. */
static void ike_delete_received(struct step *s, uint32_t h)
{
    const struct sa *sa = sa_at(s->c, h);
    if (!sa->tunnel || has_other_sa(s, h, at(s) - at(s) % 1000))
        return;
    incident_fact(s->c, sa->tunnel, FACT_IKE_DELETE_RECEIVED, s->e);
    came_back_before(s, h);
}

/* IKEv1: is this the answer to the peer's DELETE, whose own line is lost? */
static bool delete_was_received(const struct step *s, const struct sa *sa)
{
    const struct exchange *x = s->job->exchange ? exchange_at(s->c, s->job->exchange) : NULL;
    return sa->facts & FACT_BIT(FACT_IKEV1) && sa->state == SA_ESTABLISHED && x && !x->out &&
           x->type == INFORMATIONAL_V1 && payloads_flags(s->c, x->request) & PAYLOAD_DELETE;
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
    bool lost = delete_was_received(s, sa);
    if (lost)
        ike_delete_received(s, h);
    bool asked = lost || (sa->state == SA_DELETING && s->job->packet_in);
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
        !has_other_sa(s, h, INT64_MAX)) /* the line of the DELETE itself is lost */
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
    if (live)
        ike_delete_received(s, h);
}

STEP_HANDLER(on_delete_sent)
{
    uint32_t h = named_sa(s, SA_ESTABLISHED);
    if (!h)
        return;
    step_bind(s, h, 0);
    const struct sa *sa = sa_at(s->c, h);
    if (sa->state != SA_REKEYED && sa->tunnel && !has_other_sa(s, h, INT64_MAX))
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
