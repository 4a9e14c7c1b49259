/* Packets and message summaries: exchanges open, are answered, repeated and given up. */
#include "classify/job_step.h"
#include "classify/job_v1.h"
#include "classify/proposal.h"

enum {
    LARGE_BYTES = 1472,    /* what fits an Ethernet frame: 1500 - IPv4 - UDP */
    PROBE_MAX_BYTES = 128, /* an empty INFORMATIONAL of any suite; SA, nonce and selectors are larger */
};

/* Whatever a proof of life makes meaningless. */
#define SILENCE                                                                                              \
    (FACT_BIT(FACT_INFO_UNANSWERED) | FACT_BIT(FACT_CHILD_UNANSWERED) | FACT_BIT(FACT_UPLINK_LOST) |         \
        FACT_BIT(FACT_SEND_FAILED) | FACT_BIT(FACT_DAEMON_STARTED))

STEP_HANDLER(on_receive)
{
    struct packet *p = &s->job->packet;
    s->job->packet_in = event_addr(s->e, F_SRC, &p->src) && event_addr(s->e, F_DST, &p->dst);
    p->src_port = (uint16_t)event_number(s->e, F_SRC_PORT);
    p->dst_port = (uint16_t)event_number(s->e, F_DST_PORT);
    p->bytes = (int32_t)event_number(s->e, F_BYTES);
}

/* An IKE_SA that was there before the log began: known by its addresses, and by the message ids it has
 * reached. */
static uint32_t implicit_sa(struct step *s, const struct addr *local, const struct addr *peer)
{
    if (!local->family || !peer->family)
        return 0;
    uint32_t h = sa_new(s->c, s->device, -1, s->e->at_ms);
    if (!h)
        return 0;
    struct sa *sa = sa_at(s->c, h);
    sa->state = SA_ESTABLISHED;
    sa->implicit = true;
    sa_set_pair(s->c, h, local, peer, 0, 0);
    sa_set_tunnel(s->c, h, tunnel_of_pair(s->c, s->device, local, peer, s->e->at_ms));
    return h;
}

/* The peer's IKE_SA_INIT: a retry of a half-open SA (COOKIE, INVALID_KE, retransmission), else a new one. */
static uint32_t responder_sa(struct step *s, const struct packet *p, bool v1)
{
    uint32_t h = sa_expecting(s->c, s->device, &p->dst, &p->src, v1 ? ID_PROT : IKE_SA_INIT, 0, false);
    if (h && sa_at(s->c, h)->peer_port == p->src_port && sa_at(s->c, h)->next_in <= 1)
        return h;
    h = sa_new(s->c, s->device, -1, s->e->at_ms);
    if (!h)
        return 0;
    sa_at(s->c, h)->state = SA_CONNECTING;
    sa_at(s->c, h)->facts = v1 ? FACT_BIT(FACT_IKEV1) : 0;
    sa_guess_uid(s->c, h);
    sa_set_pair(s->c, h, &p->dst, &p->src, p->dst_port, p->src_port);
    uint32_t tunnel = tunnel_with_pair(s->c, s->device, &p->dst, &p->src);
    if (!tunnel)
        tunnel = tunnel_configured(s->c, s->device, &p->dst, &p->src, s->e->at_ms);
    if (tunnel)
        sa_set_tunnel(s->c, h, tunnel);
    return h;
}

static uint32_t sa_of_response(struct step *s, uint8_t type, int64_t mid)
{
    const struct packet *p = &s->job->packet;
    uint32_t h = s->e->prefix_uid >= 0 ? sa_by_uid(s->c, s->device, s->e->prefix_uid) : 0;
    if (!h && sa_awaits(s->c, s->job->awaited, s->device, &p->dst, &p->src, type, mid))
        h = s->job->awaited;
    if (!h)
        h = sa_awaiting(s->c, s->device, &p->dst, &p->src, type, mid, true);
    if (!h && s->job->packet_in && !exchange_is_early(type)) {
        h = sa_expecting(s->c, s->device, &p->dst, &p->src, type, mid, true);
        h = h ? h : implicit_sa(s, &p->dst, &p->src);
    }
    return h;
}

static uint32_t sa_of_request(struct step *s, uint8_t type, int64_t mid, bool moved)
{
    const struct packet *p = &s->job->packet;
    uint32_t h = s->e->prefix_uid >= 0 ? sa_by_uid(s->c, s->device, s->e->prefix_uid) : 0;
    if (h || !s->job->packet_in)
        return h ? h : s->job->sa;
    h = sa_expecting(s->c, s->device, &p->dst, &p->src, type, mid, false);
    bool first = type == IKE_SA_INIT || (exchange_is_v1(type) && exchange_is_early(type) && !h);
    if (first)
        return responder_sa(s, p, exchange_is_v1(type));
    if (!h && !exchange_is_early(type))
        h = sa_moved(s->c, s->device, &p->dst, mid);
    return h || moved || exchange_is_early(type) ? h : implicit_sa(s, &p->dst, &p->src);
}

/* A stranger's single probe is a scanner's; of a configured pair, or once more, it is somebody's mistake. */
STEP_HANDLER(on_no_ike_config)
{
    struct packet p = s->job->packet;
    uint32_t h = s->job->sa;
    if (!h && event_addr(s->e, F_LOCAL, &p.dst) && event_addr(s->e, F_PEER, &p.src)) {
        h = responder_sa(s, &p, false); /* a line before this one is lost */
        step_bind(s, h, 0);
    }
    if (!h)
        return;
    struct sa *sa = sa_at(s->c, h);
    int64_t first = sa_refused_before(s->c, h);
    sa->facts |= FACT_BIT(FACT_NO_IKE_CONFIG);
    if (!sa->tunnel && first == TIME_NONE)
        return;
    if (sa->tunnel &&
        tunnel_at(s->c, sa->tunnel)->identity != IDENTITY_ADDRESS) /* known, but not by this version of IKE */
        sa->facts |= FACT_BIT(FACT_PEER_KNOWN);
    if (first != TIME_NONE)
        sa->created_ms = first;
    step_refused(s, h, FACT_NO_IKE_CONFIG, NULL);
}

/* The peer lives: silence so far was a near miss at most. */
void step_alive(struct step *s, uint32_t sa_handle)
{
    struct sa *sa = sa_at(s->c, sa_handle);
    sa->probes = 0;
    if (!sa->tunnel || sa->state < SA_ESTABLISHED)
        return;
    struct tunnel *t = tunnel_at(s->c, sa->tunnel);
    if (t->state == TUNNEL_DOWN)
        return;
    tunnel_proof(s->c, sa->tunnel, s->e->at_ms);
    t->predicted_ms = TIME_NONE;
    note_take(&t->last_proof, s->e);
    if (t->facts & FACT_BIT(FACT_IKEV1)) /* a renewal was in vain, what it was to renew works */
        t->first_unanswered_ms = t->onset_earliest_ms = TIME_NONE;
    if (t->trouble_ms == TIME_NONE || s->e->at_ms >= t->trouble_ms + 1000)
        incident_clear(s->c, sa->tunnel, SILENCE | FACT_BIT(FACT_REKEY_COLLISION) | FACT_BIT(FACT_CORRUPT));
    if (sa->state == SA_ESTABLISHED)
        incident_outlived(s->c, sa->tunnel, s->e->at_ms);
}

/* What a response refuses. */
static void response_refuses(struct step *s, uint32_t sa_handle, uint8_t type, uint32_t flags)
{
    const struct sa *sa = sa_at(s->c, sa_handle);
    enum fact fact = FACT_NONE;
    if (type == IKE_SA_INIT && flags & PAYLOAD_NO_PROP)
        fact = FACT_IKE_REFUSED;
    else if (type == IKE_AUTH && flags & PAYLOAD_AUTH_FAILED)
        fact = FACT_AUTH_FAILED;
    else if (flags & (PAYLOAD_TS_UNACCEPT | PAYLOAD_INVAL_ID))
        fact = FACT_TS_REFUSED;
    else if (type == IKE_AUTH && flags & PAYLOAD_NO_PROP)
        fact = FACT_ESP_REFUSED;
    else if (type == CREATE_CHILD_SA && flags & PAYLOAD_NO_PROP)
        fact = sa->out_is_rekey_ike ? FACT_IKE_REKEY_REFUSED : FACT_CHILD_REFUSED;
    if (fact)
        step_refused(s, sa_handle, fact, NULL);
}

/* It was answered, so its packet was sent: the socket refused another one of that moment. */
static void was_sent(struct step *s, uint32_t h)
{
    const struct device *d = device_at(s->c, s->device);
    struct sa *sa = sa_at(s->c, h);
    if (!sa->out_errors || sa->out_errors < sa->out_sends)
        return;
    sa->facts &= ~FACT_BIT(FACT_SEND_FAILED);
    for (uint32_t i = 0; i < SENT_MAX; i++) {
        uint32_t other = d->sent[i].sa;
        if (other == h || !pool_live(&s->c->sas, other) || sa_at(s->c, other)->device != s->device ||
            !sa_at(s->c, other)->out_exchange ||
            sa_at(s->c, other)->out_errors >= sa_at(s->c, other)->out_sends ||
            !same_second(d->sent[i].at_ms, sa->out_last_ms))
            continue;
        sa_at(s->c, other)->out_errors++;
        sa_at(s->c, other)->facts |= FACT_BIT(FACT_SEND_FAILED);
        break;
    }
}

/* How much further is what this SA asked last in main mode? */
static int main_mode_lead(const struct classify *c, const struct sa *sa, uint8_t type, uint32_t payloads)
{
    if (type != ID_PROT || sa->out_type != ID_PROT || !sa->out_exchange)
        return 0;
    int asked = v1_main_mode_step(payloads_flags(c, exchange_at(c, sa->out_exchange)->request));
    int this = v1_main_mode_step(payloads_flags(c, payloads));
    return asked && this ? asked - this : 0;
}

static void parsed_response(struct step *s, uint8_t type, int64_t mid, uint32_t payloads)
{
    uint32_t h = sa_of_response(s, type, mid);
    if (!h)
        return;
    step_bind(s, h, 0);
    struct sa *sa = sa_at(s->c, h);
    if (sa->out_exchange && sa->out_mid == mid && sa->out_type == type &&
        main_mode_lead(s->c, sa, type, payloads) == 0) {
        struct exchange *x = exchange_at(s->c, sa->out_exchange);
        x->near_miss = x->retransmits > 0 && sa->state >= SA_ESTABLISHED;
        if (x->near_miss && sa->tunnel) {
            tunnel_at(s->c, sa->tunnel)->near_misses++;
            mark_tunnel(s->c, sa->tunnel);
        }
        exchange_answered(s->c, sa->out_exchange, s->e->at_ms, payloads,
            s->job->packet_in ? s->job->packet.bytes : INT_NONE);
        was_sent(s, h);
        sa->out_exchange = 0;
    }
    uint32_t flags = payloads_flags(s->c, payloads);
    bool retry = type == IKE_SA_INIT && flags & (PAYLOAD_COOKIE | PAYLOAD_INVAL_KE) && !(flags & PAYLOAD_SA);
    sa->next_out = exchange_is_v1(type) ? -1 : retry ? 0 : mid + 1;
    step_alive(s, h);
    response_refuses(s, h, type, flags);
}

/* The same peer begins anew within a second of its DELETE: a reauthentication (causes.md, peer-reauth). */
static void peer_came_back(struct step *s, uint32_t tunnel)
{
    struct tunnel *t = tunnel ? tunnel_at(s->c, tunnel) : NULL;
    if (!t)
        return;
    const struct incident *i = t->incident ? incident_at(s->c, t->incident) : NULL;
    incident_restarted(s->c, tunnel);
    bool lost =
        i && s->e->at_ms - i->began_ms <= 1000 && (!i->closed || same_second(s->e->at_ms, i->ended_ms));
    bool deleted = t->facts & FACT_BIT(FACT_IKE_DELETE_RECEIVED) && same_second(s->e->at_ms, t->trouble_ms);
    if (lost || deleted)
        incident_fact(s->c, tunnel, FACT_PEER_CAME_BACK, s->e);
}

static void parsed_request(struct step *s, uint8_t type, int64_t mid, uint32_t payloads)
{
    bool moved = payloads_flags(s->c, payloads) & PAYLOAD_MOVED;
    uint32_t h = sa_of_request(s, type, mid, moved);
    if (h)
        step_request_arrived(s, h, type, mid, payloads);
    else if (moved) /* the line that follows has its old address */
        s->job->waiting = (struct waiting){.kind = WAITING_MOVED,
            .exchange = type,
            .mid = mid,
            .payloads = payloads,
            .note = s->job->summary};
}

void step_request_arrived(struct step *s, uint32_t h, uint8_t type, int64_t mid, uint32_t payloads)
{
    const struct quote *line = &s->job->summary.q;
    step_bind(s, h, 0);
    struct sa *sa = sa_at(s->c, h);
    if (exchange_is_early(type) && !sa->initiating.q.len) {
        note_take(&sa->initiating, s->e);
        peer_came_back(s, sa->tunnel);
    }
    exchange_hold(
        s->c, s->job, exchange_open(s->c, h, false, type, mid, line->at_ms, line->offset, payloads));
    if (s->job->exchange && s->job->packet_in) {
        exchange_at(s->c, s->job->exchange)->request_bytes = s->job->packet.bytes;
        sa_set_pair(s->c, h, &s->job->packet.dst, &s->job->packet.src, s->job->packet.dst_port,
            s->job->packet.src_port);
    }
    sa->next_in = exchange_is_v1(type) ? -1 : mid + 1;
    step_alive(s, h);
}

STEP_HANDLER(on_parsed)
{
    uint8_t type = (uint8_t)exchange_type_of(event_text(s->e, F_EXCHANGE));
    int64_t mid = event_number(s->e, F_MID);
    if (type == EXCHANGE_NONE || mid < 0)
        return;
    uint32_t payloads = payloads_intern(s->c, event_text(s->e, F_PAYLOADS));
    bool response = span_eq(event_text(s->e, F_KIND), SPAN("response"));
    note_take(&s->job->summary, s->e);
    if (payloads_flags(s->c, payloads) & PAYLOAD_FRAGMENT) {
        uint32_t h = response ? sa_of_response(s, type, mid) : 0;
        if (h)
            step_bind(s, h, 0);
        return;
    }
    if (type == INFORMATIONAL_V1)
        v1_informational(s, mid, payloads);
    else if (type == QUICK_MODE && v1_third_message(s, payloads))
        return;
    else if (response)
        parsed_response(s, type, mid, payloads);
    else
        parsed_request(s, type, mid, payloads);
}

/* --- what we send
 * -------------------------------------------------------------------------------------------------- */

void step_open_request(
    struct step *s, uint32_t h, uint8_t type, int64_t mid, uint32_t payloads, const struct note *note)
{
    struct classify *c = s->c;
    struct sa *sa = sa_at(c, h);
    sa->facts |= exchange_is_v1(type) ? FACT_BIT(FACT_IKEV1) : 0;
    if (type == INFORMATIONAL_V1) {
        v1_informational_sent(s, h, mid, payloads, note);
        return;
    }
    uint32_t flags = payloads_flags(c, payloads);
    int lead = main_mode_lead(c, sa, type, payloads);
    if (lead == 1 && note->q.at_ms <= sa->out_sent_ms) { /* its line is late: the next one was sent since */
        uint32_t late = exchange_open(c, h, true, type, mid, note->q.at_ms, note->q.offset, payloads);
        exchange_hold(c, s->job, late);
        exchange_closed(c, late, OUTCOME_ANSWERED);
        return;
    }
    exchange_closed(c, sa->out_exchange, lead == -1 ? OUTCOME_ANSWERED : OUTCOME_ABANDONED);
    sa->out_exchange = exchange_open(c, h, true, type, mid, note->q.at_ms, note->q.offset, payloads);
    sa->out_type = type;
    sa->out_mid = mid;
    sa->out_sent_ms = sa->out_last_ms = note->q.at_ms;
    sa->out_retransmits = sa->out_base_ms = 0;
    sa->out_sends = sa->out_errors = 0;
    bool main_mode_ends = type == ID_PROT && flags & PAYLOAD_ID && flags & PAYLOAD_HASH;
    sa->out_is_auth = type == IKE_AUTH || main_mode_ends;
    sa->out_is_rekey_ike = type == CREATE_CHILD_SA && (flags & PAYLOAD_SA) && !(flags & PAYLOAD_TS);
    sa->out_is_rekey_child = type == CREATE_CHILD_SA && flags & PAYLOAD_REKEY_SA;
    sa->request = *note;
    if (exchange_is_early(type)) {
        sa->state = SA_CONNECTING;
        sa->initiator = true;
    }
    exchange_hold(s->c, s->job, sa->out_exchange);
}

/* The SA of the job if the request fits it, else the SA of its tunnel that would send this next. */
static uint32_t sa_of_own_request(struct step *s, uint8_t type, int64_t mid)
{
    uint32_t h = s->job->sa;
    if (h && s->e->prefix_uid >= 0)
        return h;
    const struct sa *sa = h ? sa_at(s->c, h) : NULL;
    bool fresh = sa && (sa->state == SA_CREATED || sa->state == SA_CONNECTING);
    bool fits = sa && sa->state != SA_GONE && fresh == exchange_is_early(type) &&
                (sa->next_out < 0 || sa->next_out == mid);
    if (fits)
        return h;
    if (fresh && type == INFORMATIONAL && s->job->packet_in)
        return h; /* we refuse its IKE_AUTH */
    return s->job->tunnel ? sa_of_tunnel(s->c, s->job->tunnel, type, mid) : 0;
}

/* One request of an SA is under way at a time: another one is of another SA's job, whose first line is lost.
 */
static bool sends_another(const struct step *s, uint32_t h, uint8_t type, int64_t mid)
{
    const struct sa *sa = sa_at(s->c, h);
    return sa->out_exchange && s->job->exchange == sa->out_exchange && s->e->prefix_uid < 0 &&
           (sa->out_mid != mid || sa->out_type != type);
}

static void generating_request(struct step *s, uint8_t type, int64_t mid, uint32_t payloads)
{
    uint32_t h = 0;
    if (!v1_begins_unnamed(s, type, mid, payloads)) {
        h = sa_of_own_request(s, type, mid);
        if (s->job->sa && (!h || sends_another(s, h, type, mid))) {
            step_leave(s);
            h = 0;
        }
    }
    if (h) {
        step_bind(s, h, 0);
        step_open_request(s, h, type, mid, payloads, &s->job->summary);
        return;
    }
    s->job->waiting = (struct waiting){.kind = WAITING_REQUEST,
        .exchange = type,
        .mid = mid,
        .at_ms = s->e->at_ms,
        .offset = s->e->offset,
        .payloads = payloads,
        .note = s->job->summary};
}

/* Our own refusal of what the peer asked. */
static void refused_by_us(
    struct step *s, uint32_t h, uint8_t type, uint32_t asked, uint32_t flags, const struct note *note)
{
    struct sa *sa = sa_at(s->c, h);
    enum fact fact = FACT_NONE;
    if (type == IKE_SA_INIT && flags & PAYLOAD_NO_PROP && !(sa->facts & FACT_BIT(FACT_NO_IKE_CONFIG)))
        fact = FACT_IKE_REFUSED_BY_US;
    else if (type == IKE_AUTH && flags & PAYLOAD_AUTH_FAILED)
        fact = FACT_AUTH_FAILED_BY_US;
    else if (type == IKE_AUTH && flags & PAYLOAD_NO_PROP)
        fact = FACT_ESP_REFUSED_BY_US;
    else if (type == CREATE_CHILD_SA && flags & PAYLOAD_NO_PROP)
        fact = asked & PAYLOAD_TS ? FACT_CHILD_REFUSED_BY_US : FACT_IKE_REKEY_REFUSED_BY_US;
    if (!fact)
        return;
    const struct proposals *p = s->job->proposals ? pool_at(&s->c->proposals, s->job->proposals) : NULL;
    if (p && type == CREATE_CHILD_SA &&
        proposal_only_group_differs(
            span_from(p->received, p->received_len), span_from(p->configured, p->configured_len)))
        sa->facts |= FACT_BIT(FACT_ONLY_GROUP_DIFFERS);
    sa->out_is_rekey_child = asked & PAYLOAD_REKEY_SA;
    step_refused(s, h, fact, note);
}

/* The line of the request that is answered here is lost. */
static uint32_t sa_of_lost_request(struct step *s, uint8_t type, int64_t mid)
{
    const struct packet *p = &s->job->packet;
    if (!s->job->packet_in || exchange_is_v1(type))
        return 0;
    uint32_t h = type == IKE_SA_INIT ? responder_sa(s, p, false)
                                     : sa_expecting(s->c, s->device, &p->dst, &p->src, type, mid, false);
    if (h) {
        step_bind(s, h, 0);
        sa_at(s->c, h)->next_in = mid + 1;
    }
    return h;
}

/* What its proposals were for. */
static uint32_t asked_in_lost_request(const struct step *s)
{
    const struct proposals *p = s->job->proposals ? pool_at(&s->c->proposals, s->job->proposals) : NULL;
    return p && !span_starts(span_from(p->received, p->received_len), SPAN("IKE:")) ? PAYLOAD_TS : 0;
}

/* The proposals of a job say what was refused; the packet that follows says whose it is. */
static void refusal_waits(struct step *s, uint8_t type, int64_t mid, uint32_t payloads)
{
    if (type != CREATE_CHILD_SA || !(payloads_flags(s->c, payloads) & PAYLOAD_NO_PROP) || !s->job->proposals)
        return;
    s->job->waiting =
        (struct waiting){.kind = WAITING_REFUSAL, .exchange = type, .mid = mid, .payloads = payloads};
    note_take(&s->job->waiting.note, s->e);
}

static void generating_response(struct step *s, uint8_t type, int64_t mid, uint32_t payloads)
{
    uint32_t h = s->job->sa ? s->job->sa : sa_of_lost_request(s, type, mid);
    if (!h) {
        refusal_waits(s, type, mid, payloads);
        return;
    }
    uint32_t asked = s->job->exchange ? 0 : asked_in_lost_request(s);
    if (s->job->exchange) {
        struct exchange *x = exchange_at(s->c, s->job->exchange);
        if (!x->out && x->mid == mid) {
            asked = payloads_flags(s->c, x->request);
            exchange_answered(s->c, s->job->exchange, s->e->at_ms, payloads, INT_NONE);
        }
    }
    uint32_t flags = payloads_flags(s->c, payloads);
    refused_by_us(s, h, type, asked, flags, NULL);
    bool over =
        (type == IKE_SA_INIT && flags & PAYLOAD_NO_PROP) || (type == IKE_AUTH && flags & PAYLOAD_AUTH_FAILED);
    if (over) { /* charon destroys the SA after such an answer */
        sa_at(s->c, h)->state = SA_GONE;
        sa_at(s->c, h)->gone_ms = s->e->at_ms;
    }
}

/* The response that says so may be lost. An IKE_SA_INIT's refusal has other lines of its own. */
STEP_HANDLER(on_unacceptable)
{
    const struct exchange *x = s->job->exchange ? exchange_at(s->c, s->job->exchange) : NULL;
    if (x && !x->out && x->type != IKE_SA_INIT && s->job->sa)
        refused_by_us(s, s->job->sa, x->type, payloads_flags(s->c, x->request), PAYLOAD_NO_PROP, NULL);
}

STEP_HANDLER(on_generating)
{
    uint8_t type = (uint8_t)exchange_type_of(event_text(s->e, F_EXCHANGE));
    int64_t mid = event_number(s->e, F_MID);
    if (type == EXCHANGE_NONE || mid < 0)
        return;
    uint32_t payloads = payloads_intern(s->c, event_text(s->e, F_PAYLOADS));
    if (payloads_flags(s->c, payloads) & PAYLOAD_FRAGMENT)
        return; /* the whole message had a line of its own */
    if (span_eq(event_text(s->e, F_KIND), SPAN("response"))) {
        generating_response(s, type, mid, payloads);
    } else {
        note_take(&s->job->summary, s->e);
        if (type == QUICK_MODE && v1_third_message(s, payloads))
            return;
        generating_request(s, type, mid, payloads);
    }
}

/* --- packets out
 * ---------------------------------------------------------------------------------------------------- */

/* The SA of the packet's pair that counts to this message id and waits for no answer. */
static uint32_t sa_ready_for(
    const struct step *s, const struct packet *p, uint8_t type, int64_t mid, enum sa_state state)
{
    uint32_t h = sa_expecting(s->c, s->device, &p->src, &p->dst, type, mid, true);
    const struct sa *sa = h ? sa_at(s->c, h) : NULL;
    return sa && sa->state == state && !sa->out_exchange && sa->next_out == mid ? h : 0;
}

/* The line of the request that is repeated here is lost. What follows IKE_SA_INIT is IKE_AUTH; of an
 * established SA, where nothing says what it was, it is a probe, unless it is too large for one. */
static uint32_t request_lost(struct step *s, const struct packet *p, const struct waiting *w)
{
    uint8_t by_size = p->bytes > PROBE_MAX_BYTES ? CREATE_CHILD_SA : INFORMATIONAL;
    uint8_t type = w->exchange ? w->exchange : by_size;
    uint32_t h = sa_ready_for(s, p, type, w->mid, SA_ESTABLISHED);
    if (!h && w->mid > UINT16_MAX && (h = sa_ready_for(s, p, QUICK_MODE, -1, SA_ESTABLISHED)))
        type = QUICK_MODE; /* whose ids are drawn */
    if (!h && w->mid == 1 && (h = sa_ready_for(s, p, IKE_AUTH, 1, SA_CONNECTING)))
        type = IKE_AUTH;
    if (!h)
        return 0;
    step_open_request(s, h, type, w->mid, 0, &w->note);
    sa_at(s->c, h)->out_sent_ms -= w->timeout_s > 0 && w->attempt == 1 ? w->timeout_s * 1000 : 0;
    return h;
}

/* The line that waited for its key has it now. */
static void no_longer_waiting(struct step *s, const struct packet *p)
{
    struct waiting w = s->job->waiting;
    uint32_t h = 0;
    s->job->waiting.kind = WAITING_NONE;
    if (w.kind == WAITING_RETRANSMIT) {
        h = sa_retransmitting(s->c, s->device, &p->src, &p->dst, w.mid, w.attempt, w.at_ms);
        h = h ? h : request_lost(s, p, &w);
        if (h)
            step_retransmitted(s, h, &w);
    } else if (w.kind == WAITING_REQUEST) {
        bool doubtful = false;
        if (w.exchange == QUICK_MODE)
            h = v1_sa_of_packet(s, p, &doubtful);
        else
            h = sa_expecting(s->c, s->device, &p->src, &p->dst, w.exchange, w.mid, true);
        if (!h && !doubtful && !exchange_is_early(w.exchange))
            h = implicit_sa(s, &p->src, &p->dst);
        if (h) {
            step_bind(s, h, 0);
            step_open_request(s, h, w.exchange, w.mid, w.payloads, &w.note);
        }
    } else if (w.kind == WAITING_REFUSAL) {
        h = sa_expecting(s->c, s->device, &p->src, &p->dst, w.exchange, w.mid, false);
        if (h) {
            step_bind(s, h, 0);
            refused_by_us(
                s, h, w.exchange, asked_in_lost_request(s), payloads_flags(s->c, w.payloads), &w.note);
        }
    }
}

STEP_HANDLER(on_send)
{
    struct packet p = {.bytes = (int32_t)event_number(s->e, F_BYTES)};
    if (!event_addr(s->e, F_SRC, &p.src) || !event_addr(s->e, F_DST, &p.dst))
        return;
    p.src_port = (uint16_t)event_number(s->e, F_SRC_PORT);
    p.dst_port = (uint16_t)event_number(s->e, F_DST_PORT);
    if (s->job->waiting.kind)
        no_longer_waiting(s, &p);
    uint32_t h = s->job->sa;
    if (!h)
        return;
    if (sa_pair_of_another(s->c, h, &p.src, &p.dst)) { /* a job whose first lines are lost */
        step_leave(s);
        return;
    }
    struct sa *sa = sa_at(s->c, h);
    if (sa->state != SA_GONE)
        sa_set_pair(s->c, h, &p.src, &p.dst, p.src_port, p.dst_port);
    if (sa->tunnel && sa->uid >= 0)
        tunnel_learn(s->c, sa->tunnel, &p.src, &p.dst);
    if (s->job->exchange) {
        struct exchange *x = exchange_at(s->c, s->job->exchange);
        int32_t *bytes = x->out ? &x->request_bytes : &x->response_bytes;
        if (*bytes == INT_NONE) {
            *bytes = p.bytes;
            mark_exchange(s->c, s->job->exchange);
        }
    }
    if (sa->out_sends < UINT8_MAX)
        sa->out_sends++;
    struct device *d = device_at(s->c, s->device);
    d->sent[d->next_sent++ % SENT_MAX] = (struct sent){h, s->e->at_ms};
    if (sa->state == SA_CONNECTING && sa->out_is_auth) {
        sa->facts |= p.bytes > LARGE_BYTES ? FACT_BIT(FACT_AUTH_LARGE) : 0;
        sa->facts |= p.src_port == 4500 ? FACT_BIT(FACT_AUTH_ON_4500) : 0;
    }
}

STEP_HANDLER(on_keep_alive)
{
    struct addr peer;
    if (event_addr(s->e, F_PEER, &peer))
        step_bind(s, 0, sa_tunnel_of_peer(s->c, s->device, &peer));
}
