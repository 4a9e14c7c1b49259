#include "classify/job.h"
#include "classify/job_step.h"
#include "classify/job_v1.h"
#include "classify/parked.h"

static void reset(struct classify *c, struct job *j, uint32_t device, int16_t thread)
{
    pool_give(&c->proposals, j->proposals);
    exchange_hold(c, j, 0);
    j->thread = thread;
    j->device = device;
    j->sa = j->tunnel = j->proposals = 0;
    j->packet_in = false;
    j->packet = (struct packet){.bytes = -1};
    j->waiting.kind = WAITING_NONE;
    j->summary.q.len = 0;
    j->unbound_count = 0;
}

/* The place of the thread's jobs; the line begins a job there or continues one (continue_job). */
static uint32_t job_of(struct classify *c, uint32_t device, const struct event *e)
{
    uint32_t *slot = &device_at(c, device)->jobs[e->thread < 0 ? 0 : e->thread % THREADS_MAX];
    if (!*slot) {
        *slot = pool_take(&c->jobs);
        if (!*slot) {
            c->counts.shed++;
            return 0;
        }
        reset(c, job_at(c, *slot), device, e->thread);
    }
    return *slot;
}

/* A job reads one message, fragments of it apart: another one is of the next, whose first line is lost. */
static bool reads_another(const struct job *j, const struct event *e)
{
    struct span exchange = event_text(e, F_EXCHANGE), mid = event_text(e, F_MID);
    if (e->kind != EV_PARSED || !j->summary.q.len || !exchange.ptr || !mid.ptr || mid.ptr < exchange.ptr)
        return false;
    size_t n = (size_t)(mid.ptr + mid.len - exchange.ptr);
    return span_find(span_from(j->summary.text, j->summary.q.len), span_from(exchange.ptr, n)) < 0;
}

/* A line that can only be a job's first, comes from another thread of the slot, or long after: the job before
 * is over. */
static void continue_job(struct classify *c, struct job *j, uint32_t device, const struct event *e)
{
    int64_t gap = e->at_ms - j->last_ms;
    if (event_starts_job(e->kind) || j->thread != e->thread || gap > JOB_GAP_MS || gap < -JOB_GAP_MS ||
        reads_another(j, e))
        reset(c, j, device, e->thread);
    j->last_ms = e->at_ms;
}

static void tell(const struct step *s, int64_t offset)
{
    struct classify *c = s->c;
    const struct tunnel *t = s->job->tunnel ? tunnel_at(c, s->job->tunnel) : NULL;
    int64_t uid = s->job->sa ? sa_uid(sa_at(c, s->job->sa)) : -1;
    c->options.bound(c->options.bound_ctx, offset, device_at(c, s->device)->run, uid,
        t && t->conn[0] ? span_of(t->conn) : SPAN_NONE, t ? t->id : 0);
}

void step_bind(struct step *s, uint32_t sa, uint32_t tunnel)
{
    struct job *j = s->job;
    if (sa) {
        j->sa = sa;
        if (!tunnel)
            tunnel = sa_at(s->c, sa)->tunnel;
    }
    if (tunnel)
        j->tunnel = tunnel;
    if (!j->tunnel || !s->c->options.bound)
        return;
    for (uint8_t i = 0; i < j->unbound_count; i++)
        tell(s, j->unbound[i]);
    j->unbound_count = 0;
}

void step_bind_named(struct step *s, uint32_t tunnel)
{
    if (!tunnel)
        return;
    if (s->job->tunnel && s->job->tunnel != tunnel)
        reset(s->c, s->job, s->device, s->e->thread);
    if (s->job->sa && sa_at(s->c, s->job->sa)->tunnel && sa_at(s->c, s->job->sa)->tunnel != tunnel)
        s->job->sa = 0;
    step_bind(s, s->job->sa, tunnel);
}

void step_leave(struct step *s)
{
    exchange_hold(s->c, s->job, 0);
    s->job->sa = s->job->tunnel = 0;
    s->job->unbound_count = 0;
}

uint32_t step_sa_by_uid(const struct step *s)
{
    int64_t uid = event_number(s->e, F_UID);
    return sa_by_uid(s->c, s->device, uid >= 0 ? uid : s->e->prefix_uid);
}

uint32_t step_tunnel(struct step *s, bool make)
{
    struct sa *sa = s->job->sa ? sa_at(s->c, s->job->sa) : NULL;
    if (s->job->tunnel)
        return s->job->tunnel;
    if (!sa || sa->tunnel || !make || !sa->peer.family)
        return sa ? sa->tunnel : 0;
    uint32_t tunnel = tunnel_of_pair(s->c, s->device, &sa->local, &sa->peer, s->e->at_ms);
    if (tunnel) {
        sa_set_tunnel(s->c, s->job->sa, tunnel);
        step_bind(s, s->job->sa, tunnel);
    }
    return tunnel;
}

/* Facts about a CHILD_SA or an IKE rekey of a tunnel that is up: it stays up until its lifetime ends, and
 * then we know why. */
static bool about_live_tunnel(enum fact fact)
{
    return fact == FACT_CHILD_REFUSED || fact == FACT_CHILD_REFUSED_BY_US || fact == FACT_IKE_REKEY_REFUSED ||
           fact == FACT_IKE_REKEY_REFUSED_BY_US || fact == FACT_TS_REFUSED || fact == FACT_INSTALL_FAILED;
}

/* Is that attempt one to renew the IKE_SA? Not if another one that began later has succeeded. */
static bool is_renewal(const struct classify *c, const struct sa *sa)
{
    if (!(sa->facts & FACT_BIT(FACT_IKEV1)) || sa->state == SA_ESTABLISHED)
        return false;
    for (uint32_t i = device_at(c, sa->device)->first_sa; i; i = sa_at(c, i)->next_of_device)
        if (sa_at(c, i)->tunnel == sa->tunnel && sa_at(c, i)->state == SA_ESTABLISHED &&
            sa_at(c, i)->created_ms > sa->created_ms)
            return false;
    return true;
}

void step_renewed(struct step *s, uint32_t tunnel)
{
    incident_clear(s->c, tunnel, FACTS_OF_RENEWAL | FACT_BIT(FACT_REAUTHENTICATING));
}

/* From here the tunnel lives on what the SA before has left. */
static void renewal_failed(struct step *s, const struct sa *sa, enum fact fact)
{
    struct tunnel *t = tunnel_at(s->c, sa->tunnel);
    bool silent =
        fact == FACT_INIT_GIVEN_UP || (fact == FACT_AUTH_GIVEN_UP && !(t->facts & FACTS_OF_RENEWAL));
    t->facts |= FACT_BIT(FACT_IKEV1);
    if (!silent || t->first_unanswered_ms != TIME_NONE)
        return;
    t->first_unanswered_ms = sa->out_sent_ms;
    t->onset_earliest_ms = t->last_proof_ms;
    incident_note(s->c, sa->tunnel, ROLE_LAST_PROOF, &t->last_proof);
    incident_note(s->c, sa->tunnel, ROLE_FIRST_UNANSWERED, &sa->request);
}

/* When its tunnel's attempts began: the line that tells how one before this ended may be lost. */
static int64_t attempts_began(const struct classify *c, uint32_t h)
{
    const struct sa *sa = sa_at(c, h);
    int64_t first = sa->created_ms;
    for (uint32_t i = device_at(c, sa->device)->first_sa; i; i = sa_at(c, i)->next_of_device) {
        const struct sa *before = sa_at(c, i);
        bool attempt = before->state == SA_CREATED || before->state == SA_CONNECTING;
        if (attempt && before->tunnel == sa->tunnel && before->created_ms < first)
            first = before->created_ms;
    }
    return first;
}

void step_refused(struct step *s, uint32_t sa_handle, enum fact fact, const struct note *note)
{
    struct classify *c = s->c;
    struct sa *sa = sa_at(c, sa_handle);
    uint32_t tunnel = sa->tunnel ? sa->tunnel : step_tunnel(s, true);
    sa->facts |= FACT_BIT(fact);
    if (!tunnel)
        return;
    struct tunnel *t = tunnel_at(c, tunnel);
    bool live = t->state == TUNNEL_UP || (t->state == TUNNEL_UNKNOWN && sa->out_is_rekey_child);
    bool renewal = live && FACTS_OF_RENEWAL & FACT_BIT(fact) && is_renewal(c, sa);
    if (live && !renewal && !about_live_tunnel(fact))
        return; /* another attempt beside a working SA */
    if (renewal)
        renewal_failed(s, sa, fact);
    if (!live)
        incident_note(c, tunnel, ROLE_ATTEMPT, &sa->initiating);
    if (note)
        incident_note(c, tunnel, (uint16_t)fact, note);
    else
        incident_line(c, tunnel, (uint16_t)fact, s->e);
    if (s->job->proposals)
        incident_proposals(c, tunnel, s->job->proposals);
    if (live) {
        t->facts |= FACT_BIT(fact) | (sa->facts & FACT_BIT(FACT_ONLY_GROUP_DIFFERS));
    } else {
        int64_t began = sa->implicit ? s->e->at_ms
                        : t->seen_up ? sa->created_ms
                                     : attempts_began(c, sa_handle);
        incident_attempt_failed(c, tunnel, sa->facts, sa->implicit, began, s->e);
    }
}

static void nothing(struct step *s)
{
    (void)s;
}

static void (*const handlers[EVENT_KIND_COUNT])(struct step *) = {
    [EV_NOISE] = nothing,
    [EV_FACT] = on_fact,
    [EV_RECEIVE] = on_receive,
    [EV_SEND] = on_send,
    [EV_SEND_ERROR] = on_send_error,
    [EV_PARSED] = on_parsed,
    [EV_GENERATING] = on_generating,
    [EV_INITIATING] = on_initiating,
    [EV_PEER_INITIATING] = on_peer_initiating,
    [EV_ESTABLISHED] = on_established,
    [EV_REKEYED] = on_rekeyed,
    [EV_DELETING] = on_deleting,
    [EV_DELETED] = on_deleted,
    [EV_DELETE_RECEIVED] = on_delete_received,
    [EV_DELETE_SENT] = on_delete_sent,
    [EV_REAUTHENTICATING] = on_reauthenticating,
    [EV_CHILD_ESTABLISHING] = on_child_establishing,
    [EV_CHILD_ESTABLISHED] = on_child_established,
    [EV_CHILD_CLOSING] = on_child_closing,
    [EV_CHILD_EXPIRED] = on_child_expired,
    [EV_CHILD_DELETE_RECEIVED] = on_child_delete_received,
    [EV_DPD] = nothing,
    [EV_RETRANSMIT] = on_retransmit,
    [EV_GIVE_UP] = on_give_up,
    [EV_CHILD_FAILED] = on_child_failed,
    [EV_PROPOSALS_RECEIVED] = on_proposals_received,
    [EV_PROPOSALS_CONFIGURED] = on_proposals_configured,
    [EV_REKEY_SCHEDULED] = on_rekey_scheduled,
    [EV_INITIATE_REQUESTED] = on_initiate_requested,
    [EV_TERMINATE_REQUESTED] = on_terminate_requested,
    [EV_CONN_LOADED] = on_conn_loaded,
    [EV_CONN_SELECTED] = on_conn_selected,
    [EV_TIMER] = nothing,
    [EV_KEEP_ALIVE] = on_keep_alive,
    [EV_CHILD_SPI] = on_child_spi,
    [EV_HALF_OPEN_EXPIRED] = on_half_open_expired,
    [EV_ENDPOINT_CHANGED] = on_endpoint_changed,
    [EV_NO_IKE_CONFIG] = on_no_ike_config,
    [EV_NOT_LOADED] = on_not_loaded,
    [EV_SETUP_IGNORED] = on_setup_ignored,
    [EV_UNACCEPTABLE] = on_unacceptable,
    [EV_DAEMON_STARTED] = on_daemon_started,
    [EV_DAEMON_STOPPED] = on_device_fact,
    [EV_DEVICE_FACT] = on_device_fact,
    [EV_TUNNEL_STATE] = on_tunnel_state,
    [EV_ADMIN_STATE] = on_admin_state,
};

/* The prefix <conn|uid> binds before the text does. */
static void bind_prefix(struct step *s)
{
    if (s->e->prefix_uid < 0)
        return;
    uint32_t sa = sa_by_uid(s->c, s->device, s->e->prefix_uid);
    uint32_t tunnel =
        s->e->prefix_conn.ptr ? tunnel_of_conn(s->c, s->device, s->e->prefix_conn, s->e->at_ms) : 0;
    if (tunnel)
        step_bind_named(s, tunnel);
    if (sa)
        step_bind(s, sa, tunnel);
}

static void read_event(struct classify *c, uint32_t device, uint32_t job, const struct event *e)
{
    struct step s = {.c = c, .device = device, .job = job_at(c, job), .e = e};
    continue_job(c, s.job, device, e);
    bind_prefix(&s);
    handlers[e->kind](&s);
    if (!c->options.bound)
        return;
    if (s.job->tunnel)
        tell(&s, e->offset);
    else if (s.job->unbound_count < sizeof(s.job->unbound) / sizeof(s.job->unbound[0]))
        s.job->unbound[s.job->unbound_count++] = e->offset;
}

/* What other threads write of one event can be early: a message that arrived, before what it answers; the
 * sender's error, before the packet. */
static bool ready(struct classify *c, uint32_t device, uint32_t job, const struct event *e)
{
    if (e->kind == EV_SEND_ERROR)
        return step_send_error_due(c, device, e->at_ms);
    struct job *j = job_at(c, job);
    const struct packet *p = &j->packet;
    j->awaited = 0;
    uint8_t type =
        e->kind == EV_PARSED ? (uint8_t)exchange_type_of(event_text(e, F_EXCHANGE)) : EXCHANGE_NONE;
    if (type == EXCHANGE_NONE || !j->packet_in)
        return true;
    if (type == INFORMATIONAL_V1 && v1_answers_phase1(c, e))
        return sa_any_young(c, device, &p->dst, &p->src);
    return sa_due(c, device, &p->dst, &p->src, type, event_number(e, F_MID),
        span_eq(event_text(e, F_KIND), SPAN("response")), &j->awaited);
}

void job_event(struct classify *c, uint32_t device, const struct event *e)
{
    if (parked_overdue(c, device, e->at_ms))
        parked_retry(c, device, true, ready, read_event);
    uint32_t job = job_of(c, device, e);
    if (!job)
        return;
    bool waits = job_at(c, job)->parked || !ready(c, device, job, e);
    if (waits && parked_add(c, device, job, e))
        return;
    read_event(c, device, job, e);
    if (device_at(c, device)->first_parked)
        parked_retry(c, device, false, ready, read_event);
}

void job_finish(struct classify *c, uint32_t device)
{
    parked_retry(c, device, true, ready, read_event);
}
