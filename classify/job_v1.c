#include "classify/job_v1.h"

bool v1_third_message(struct step *s, uint32_t payloads)
{
    uint32_t flags = payloads_flags(s->c, payloads);
    return flags & PAYLOAD_HASH && !(flags & (PAYLOAD_SA | PAYLOAD_ERROR | PAYLOAD_ID));
}

int v1_main_mode_step(uint32_t flags)
{
    bool known = !(flags & (PAYLOAD_ERROR | PAYLOAD_FRAGMENT));
    return !known ? 0 : flags & PAYLOAD_SA ? 1 : flags & PAYLOAD_ID ? 3 : 2;
}

static bool is_phase1_error(uint32_t flags)
{
    return flags & PAYLOAD_ERROR && !(flags & PAYLOAD_HASH);
}

bool v1_answers_phase1(struct classify *c, const struct event *e)
{
    return is_phase1_error(payloads_flags(c, payloads_intern(c, event_text(e, F_PAYLOADS))));
}

bool v1_begins_unnamed(struct step *s, uint8_t type, int64_t mid, uint32_t payloads)
{
    if (type != QUICK_MODE || !(payloads_flags(s->c, payloads) & PAYLOAD_SA) || s->e->prefix_uid >= 0)
        return false;
    struct job *j = s->job;
    if (j->waiting.kind == WAITING_REQUEST && j->waiting.mid == mid) /* the same line twice */
        return true;
    uint32_t before = j->sa;
    step_leave(s);
    j->sa = before; /* it may be the one, if quick mode follows phase 1 */
    return true;
}

uint32_t v1_sa_of_packet(struct step *s, const struct packet *p, bool *doubtful)
{
    uint32_t before = s->job->sa;
    bool shared = sa_pair_is_shared(s->c, s->device, &p->src, &p->dst);
    s->job->sa = 0;
    if (before) {
        const struct sa *sa = sa_at(s->c, before);
        bool same =
            sa->state == SA_ESTABLISHED && addr_eq(&sa->local, &p->src) && addr_eq(&sa->peer, &p->dst);
        bool follows = s->job->packet_in && (exchange_is_early(sa->out_type) || sa->out_type == TRANSACTION);
        if (same && (!shared || follows))
            return before;
    }
    *doubtful = shared;
    return shared ? 0 : sa_expecting(s->c, s->device, &p->src, &p->dst, QUICK_MODE, -1, true);
}

/* What the error is about: without HASH phase 1, with it phase 2 (causes.md, more forms). */
static enum fact refused_fact(uint32_t flags, bool by_us)
{
    if (flags & PAYLOAD_AUTH_FAILED)
        return by_us ? FACT_AUTH_FAILED_BY_US : FACT_AUTH_FAILED;
    if (flags & PAYLOAD_INVAL_ID)
        return FACT_TS_REFUSED;
    if (!(flags & PAYLOAD_NO_PROP))
        return FACT_NONE;
    if (flags & PAYLOAD_HASH)
        return by_us ? FACT_ESP_REFUSED_BY_US : FACT_ESP_REFUSED;
    return by_us ? FACT_IKE_REFUSED_BY_US : FACT_IKE_REFUSED;
}

static uint32_t sa_of_informational(struct step *s, uint32_t flags)
{
    const struct packet *p = &s->job->packet;
    if (s->e->prefix_uid >= 0)
        return sa_by_uid(s->c, s->device, s->e->prefix_uid);
    if (!s->job->packet_in)
        return s->job->sa;
    /* an error without HASH answers phase 1; everything else is of an established SA */
    uint32_t h =
        is_phase1_error(flags) ? sa_expecting(s->c, s->device, &p->dst, &p->src, ID_PROT, 0, true) : 0;
    return h ? h : sa_expecting(s->c, s->device, &p->dst, &p->src, INFORMATIONAL_V1, 0, false);
}

/* Ends the request under way if this is about it. */
static void settles_request(struct step *s, struct sa *sa, uint32_t flags, uint32_t payloads)
{
    bool ack = flags & PAYLOAD_DPD_ACK && sa->out_type == INFORMATIONAL_V1;
    bool refusal = flags & PAYLOAD_ERROR && sa->out_type != INFORMATIONAL_V1;
    if (!sa->out_exchange || !(ack || refusal))
        return;
    exchange_answered(
        s->c, sa->out_exchange, s->e->at_ms, payloads, s->job->packet_in ? s->job->packet.bytes : INT_NONE);
    sa->out_exchange = 0;
}

void v1_informational(struct step *s, int64_t mid, uint32_t payloads)
{
    uint32_t flags = payloads_flags(s->c, payloads);
    uint32_t h = sa_of_informational(s, flags);
    if (!h)
        return;
    step_bind(s, h, 0);
    struct sa *sa = sa_at(s->c, h);
    sa->facts |= FACT_BIT(FACT_IKEV1);
    exchange_hold(s->c, s->job,
        exchange_open(s->c, h, false, INFORMATIONAL_V1, mid, s->e->at_ms, s->e->offset, payloads));
    exchange_closed(s->c, s->job->exchange, OUTCOME_ANSWERED);
    settles_request(s, sa, flags, payloads);
    step_alive(s, h);
    enum fact fact = refused_fact(flags, false);
    if (fact)
        step_refused(s, h, fact, NULL);
}

/* One probe more while the one before is unanswered is its repetition. */
static void probe_sent(struct step *s, struct sa *sa, uint32_t exchange, int64_t mid, const struct note *note)
{
    bool repeated = sa->out_exchange && sa->out_type == INFORMATIONAL_V1;
    if (sa->probes == 0)
        sa->probe_ms = note->q.at_ms;
    if (sa->probes < UINT8_MAX)
        sa->probes++;
    exchange_closed(s->c, sa->out_exchange, repeated ? OUTCOME_UNANSWERED : OUTCOME_ABANDONED);
    sa->out_exchange = exchange;
    sa->out_type = INFORMATIONAL_V1;
    sa->out_mid = mid;
    sa->out_last_ms = note->q.at_ms;
    sa->out_is_auth = sa->out_is_rekey_ike = sa->out_is_rekey_child = false;
    if (!repeated) {
        sa->out_sent_ms = note->q.at_ms;
        sa->out_retransmits = 0;
        sa->request = *note;
        return;
    }
    sa->out_retransmits++;
    if (sa->state == SA_ESTABLISHED && sa->tunnel)
        step_may_be_dead(s, sa, note);
}

void v1_informational_sent(
    struct step *s, uint32_t h, int64_t mid, uint32_t payloads, const struct note *note)
{
    struct sa *sa = sa_at(s->c, h);
    uint32_t flags = payloads_flags(s->c, payloads);
    uint32_t x = exchange_open(s->c, h, true, INFORMATIONAL_V1, mid, note->q.at_ms, note->q.offset, payloads);
    exchange_hold(s->c, s->job, x);
    if (flags & PAYLOAD_DPD) {
        probe_sent(s, sa, x, mid, note);
        return;
    }
    exchange_closed(s->c, x, OUTCOME_ANSWERED); /* nothing answers it */
    enum fact fact = refused_fact(flags, true);
    if (fact && !(sa->facts & FACT_BIT(FACT_NO_IKE_CONFIG)))
        step_refused(s, h, fact, note);
    if (flags & (PAYLOAD_AUTH_FAILED | PAYLOAD_NO_PROP) && sa->state < SA_ESTABLISHED) {
        sa->state = SA_GONE;
        sa->gone_ms = note->q.at_ms;
    }
    if (flags & PAYLOAD_DELETE && sa->state == SA_DELETING)
        step_ended(s, h);
}
