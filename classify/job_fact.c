/* Failures that a single line tells. */
#include "classify/job_step.h"

enum { HALF_OPEN_MS = 28000 }; /* charon waits 30 s */

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

/* The summary of the message that ends an IKE_SA for another one may be lost; its packet says whose it was.
 */
static uint32_t tunnel_of_fact(struct step *s, uint32_t sa)
{
    const struct packet *p = &s->job->packet;
    uint32_t tunnel = step_tunnel(s, false);
    bool replaces = s->e->fact == FACT_INITIAL_CONTACT || s->e->fact == FACT_DUPLICATE;
    if (tunnel || sa || !replaces || !s->job->packet_in ||
        sa_pair_is_shared(s->c, s->device, &p->dst, &p->src))
        return tunnel;
    tunnel = tunnel_with_pair(s->c, s->device, &p->dst, &p->src);
    step_bind(s, 0, tunnel);
    return tunnel;
}

STEP_HANDLER(on_fact)
{
    uint32_t h = sa_of_fact(s);
    if (h)
        step_bind(s, h, 0);
    uint32_t tunnel = tunnel_of_fact(s, h);
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
    bool just_lost = t->state == TUNNEL_DOWN && !incident_decided(s->c, tunnel, s->e->at_ms);
    if ((up || just_lost) && tells_of_loss(s, h))
        incident_fact(s->c, tunnel, s->e->fact, s->e);
    else if (!up && tells_of_attempt(tunnel_at(s->c, tunnel), s->e->fact))
        incident_line(s->c, tunnel, (uint16_t)s->e->fact, s->e);
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

/* The peer's attempt that is older than that and as old as any. */
static uint32_t oldest_half_open(const struct step *s, const struct addr *peer, int64_t age_ms)
{
    uint32_t oldest = 0;
    for (uint32_t h = device_at(s->c, s->device)->first_sa; h; h = sa_at(s->c, h)->next_of_device) {
        const struct sa *sa = sa_at(s->c, h);
        if (!sa->initiator && sa->state == SA_CONNECTING && (!peer || addr_eq(&sa->peer, peer)) &&
            sa->created_ms + age_ms <= s->e->at_ms)
            oldest = h;
    }
    return oldest;
}

STEP_HANDLER(on_half_open_expired)
{
    uint32_t oldest = step_sa_by_uid(s);
    struct addr peer;
    bool named = event_addr(s->e, F_PEER, &peer);
    if (!oldest)
        oldest = oldest_half_open(s, named ? &peer : NULL, HALF_OPEN_MS);
    if (!oldest) { /* charon is set to wait less, or has said already what became of it */
        step_bind(s, 0, named ? only_tunnel_of(s, &peer) : 0);
        return;
    }
    step_bind(s, oldest, 0);
    sa_at(s->c, oldest)->state = SA_GONE;
    sa_at(s->c, oldest)->gone_ms = s->e->at_ms;
    step_refused(s, oldest, FACT_HALF_OPEN_EXPIRED, NULL);
}

/* The first request from another address is of the SA that the old one had. */
static void request_of_moved(struct step *s)
{
    const struct waiting *w = &s->job->waiting;
    struct addr old;
    if (w->kind != WAITING_MOVED || !event_addr(s->e, F_SRC, &old))
        return;
    uint32_t h = sa_expecting(s->c, s->device, &s->job->packet.dst, &old, w->exchange, w->mid, false);
    s->job->waiting.kind = WAITING_NONE;
    if (h)
        step_request_arrived(s, h, w->exchange, w->mid, w->payloads);
}

STEP_HANDLER(on_endpoint_changed)
{
    request_of_moved(s);
    if (s->job->sa && sa_at(s->c, s->job->sa)->tunnel)
        tunnel_proof(s->c, sa_at(s->c, s->job->sa)->tunnel, s->e->at_ms);
}

/* A refusal that needs no SA: of a tunnel that is `known` it fails an attempt at once, of another when it
 * comes again; the trouble began at the first. */
static void refused_without_sa(struct step *s, uint32_t tunnel, enum fact fact, bool known)
{
    struct tunnel *t = tunnel_at(s->c, tunnel);
    bool again = t->facts & FACT_BIT(fact);
    t->facts |= FACT_BIT(fact);
    if (!again)
        t->trouble_ms = s->e->at_ms;
    incident_line(s->c, tunnel, (uint16_t)fact, s->e);
    if (again || known)
        incident_attempt_failed(s->c, tunnel, FACT_BIT(fact), false, t->trouble_ms, s->e);
}

/* "no config named": of a tunnel that is known, or asked for again; else somebody mistyped a name. */
STEP_HANDLER(on_not_loaded)
{
    uint32_t tunnel = event_has(s->e, F_CONN)
                          ? tunnel_of_conn(s->c, s->device, event_text(s->e, F_CONN), s->e->at_ms)
                          : tunnel_of_child_name(s->c, s->device, event_text(s->e, F_CHILD), s->e->at_ms);
    if (!tunnel || tunnel_at(s->c, tunnel)->state == TUNNEL_UP)
        return;
    step_bind_named(s, tunnel);
    const struct tunnel *t = tunnel_at(s->c, tunnel);
    bool known =
        t->state != TUNNEL_UNKNOWN || t->identity == IDENTITY_FTMD || t->identity == IDENTITY_INVENTORY;
    refused_without_sa(s, tunnel, FACT_NOT_LOADED, known);
}

/* "ignoring IKE_SA setup from": of a tunnel that is not up, or again and again of a peer without one. */
STEP_HANDLER(on_setup_ignored)
{
    struct addr none = {0}, peer;
    if (!event_addr(s->e, F_PEER, &peer))
        return;
    uint32_t tunnel = only_tunnel_of(s, &peer);
    if (!tunnel)
        tunnel = tunnel_of_pair(s->c, s->device, &none, &peer, s->e->at_ms);
    if (!tunnel || tunnel_at(s->c, tunnel)->state == TUNNEL_UP)
        return;
    step_bind_named(s, tunnel);
    refused_without_sa(s, tunnel, FACT_HALF_OPEN_LIMIT, false);
}
