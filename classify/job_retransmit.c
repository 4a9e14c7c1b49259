/* Silence: retransmissions, what they predict, and the end of a request. */
#include "classify/job_step.h"

static enum fact unanswered_fact(const struct sa *sa, bool given_up)
{
    if (sa->out_is_auth)
        return given_up ? FACT_AUTH_GIVEN_UP : FACT_SETUP_UNANSWERED;
    if (exchange_is_early(sa->out_type))
        return given_up ? FACT_INIT_GIVEN_UP : FACT_SETUP_UNANSWERED;
    if (exchange_is_child(sa->out_type))
        return given_up ? FACT_CHILD_GIVEN_UP : FACT_CHILD_UNANSWERED;
    return given_up ? FACT_INFO_GIVEN_UP : FACT_INFO_UNANSWERED;
}

/* An established SA's request is unanswered: from here the tunnel may be dead. */
void step_may_be_dead(struct step *s, struct sa *sa, const struct note *line)
{
    struct tunnel *t = tunnel_at(s->c, sa->tunnel);
    if (t->state == TUNNEL_DOWN || t->state == TUNNEL_NEVER_UP)
        return;
    if (t->first_unanswered_ms == TIME_NONE) {
        t->first_unanswered_ms = sa->out_sent_ms;
        t->onset_earliest_ms = t->last_proof_ms;
        incident_note(s->c, sa->tunnel, ROLE_LAST_PROOF, &t->last_proof);
        incident_note(s->c, sa->tunnel, ROLE_FIRST_UNANSWERED, &sa->request);
    }
    incident_note(s->c, sa->tunnel, (uint16_t)unanswered_fact(sa, false), line);
    incident_fact(s->c, sa->tunnel, unanswered_fact(sa, false), NULL);
}

/* With the schedule known, the first retransmission says when the tunnel will be given up. */
static void predict(struct step *s, const struct sa *sa, const struct waiting *w)
{
    struct device *d = device_at(s->c, sa->device);
    struct tunnel *t = tunnel_at(s->c, sa->tunnel);
    if (w->tries > 0)
        d->tries = w->tries;
    if (!d->tries || !sa->out_base_ms || t->state == TUNNEL_DOWN)
        return;
    t->predicted_ms = sa_gives_up_at(sa->out_sent_ms, sa->out_base_ms, d->tries);
    mark_tunnel(s->c, sa->tunnel);
}

void step_retransmitted(struct step *s, uint32_t h, const struct waiting *w)
{
    struct sa *sa = sa_at(s->c, h);
    step_bind(s, h, 0);
    if (!sa->out_exchange)
        return;
    struct exchange *x = exchange_at(s->c, sa->out_exchange);
    x->retransmits = w->attempt;
    mark_exchange(s->c, sa->out_exchange);
    if (w->attempt == 1)
        sa->out_base_ms = w->timeout_s > 0 ? w->timeout_s * 1000 : (int32_t)(w->at_ms - sa->out_sent_ms);
    sa->out_retransmits = w->attempt;
    sa->out_last_ms = w->at_ms;
    exchange_hold(s->c, s->job, sa->out_exchange);
    if (sa->state == SA_ESTABLISHED && sa->tunnel) {
        step_may_be_dead(s, sa, &w->note);
        predict(s, sa, w);
    } else if (sa->state < SA_ESTABLISHED) {
        sa->facts |= FACT_BIT(unanswered_fact(sa, false));
    }
    if (sa->state < SA_ESTABLISHED && sa->tunnel && tunnel_at(s->c, sa->tunnel)->state != TUNNEL_UP) {
        incident_note(s->c, sa->tunnel, ROLE_ATTEMPT, &sa->initiating);
        incident_note(s->c, sa->tunnel, (uint16_t)unanswered_fact(sa, false), &w->note);
    }
}

STEP_HANDLER(on_retransmit)
{
    struct waiting w = {.kind = WAITING_RETRANSMIT,
        .exchange = (uint8_t)exchange_type_numbered(event_number(s->e, F_EXCHANGE)),
        .mid = event_number(s->e, F_MID),
        .at_ms = s->e->at_ms,
        .attempt = (int32_t)event_number(s->e, F_ATTEMPT),
        .tries = (int32_t)event_number(s->e, F_TRIES),
        .timeout_s = (int32_t)event_number(s->e, F_TIMEOUT)};
    note_take(&w.note, s->e);
    uint32_t h = s->job->sa;
    if (!h)
        h = sa_retransmitting(s->c, s->device, NULL, NULL, w.mid, w.attempt, w.at_ms);
    if (h)
        step_retransmitted(s, h, &w);
    else
        s->job->waiting = w;
}

static void lost(struct step *s, uint32_t h)
{
    struct sa *sa = sa_at(s->c, h);
    uint32_t tunnel = sa->tunnel;
    if (!tunnel)
        return;
    incident_fact(s->c, tunnel, unanswered_fact(sa, true), s->e);
    tunnel_children_gone(s->c, tunnel, s->e);
}

/* Did something leave the host after all? One line of an error may be lost. */
static bool something_left(const struct sa *sa)
{
    return sa->out_errors + (sa->out_errors > 1) < sa->out_sends;
}

static void gave_up(struct step *s, uint32_t h)
{
    struct sa *sa = sa_at(s->c, h);
    if (sa->out_retransmits > 0 && sa->out_type != INFORMATIONAL_V1)
        device_at(s->c, s->device)->tries = sa->out_retransmits;
    if (something_left(sa))
        sa->facts &= ~FACT_BIT(FACT_SEND_FAILED);
    uint8_t was = sa->state;
    exchange_closed(s->c, sa->out_exchange, OUTCOME_UNANSWERED);
    sa->out_exchange = 0;
    sa->state = SA_GONE;
    sa->gone_ms = s->e->at_ms;
    if (was == SA_ESTABLISHED)
        lost(s, h);
    else if (was < SA_ESTABLISHED)
        step_refused(s, h, unanswered_fact(sa, true), NULL);
}

/* Nothing says which of several this line is of; when there are as many lines as SAs it is of no account. */
static void count_tied(struct step *s, const uint32_t *due, size_t count)
{
    struct device *d = device_at(s->c, s->device);
    if (d->tied_ms != s->e->at_ms)
        d->tied = 0;
    else if (d->tied && d->tied_thread == s->e->thread) /* the same line twice, as a vEdge prints it */
        return;
    d->tied_ms = s->e->at_ms;
    d->tied_thread = s->e->thread;
    if (++d->tied < count || count > SA_TIED_MAX)
        return;
    d->tied = 0;
    for (size_t i = 0; i < count; i++)
        gave_up(s, due[i]);
}

/* Is the line this SA's beyond doubt? */
static bool gives_up_alone(const struct step *s, uint32_t h)
{
    if (s->job->sa)
        return true;
    return event_has(s->e, F_ATTEMPT)
               ? sa_giving_up_alone(s->c, h, (int32_t)event_number(s->e, F_ATTEMPT), s->e->at_ms)
               : sa_dpd_alone(s->c, h, s->e->at_ms);
}

STEP_HANDLER(on_give_up)
{
    uint32_t due[SA_TIED_MAX] = {s->job->sa};
    size_t count = 1;
    if (!due[0] && event_has(s->e, F_ATTEMPT))
        count = sa_giving_up(s->c, s->device, (int32_t)event_number(s->e, F_ATTEMPT), s->e->at_ms, due);
    else if (!due[0] && (due[0] = sa_dpd_unanswered(s->c, s->device))) /* IKEv1: DPD check timed out */
        sa_at(s->c, due[0])->out_type = INFORMATIONAL_V1; /* and not a rekey that is under way too */
    if (count > 1) {
        count_tied(s, due, count);
    } else if (count == 1 && due[0]) {
        if (gives_up_alone(s, due[0]))
            step_bind(s, due[0], 0);
        gave_up(s, due[0]);
    }
}
