/* Errors of the socket: which packet, and so which SA, they are about. */
#include "classify/job_step.h"

/* Of the packets handed to charon's sender within a second, the last that its socket may have refused. */
enum may_fail { MAY_FAIL_UNANSWERED, MAY_FAIL_NOT_YET, MAY_FAIL_ANY };

static uint32_t refused_by_socket(
    const struct classify *c, uint32_t device, int64_t at_ms, enum may_fail may_fail)
{
    const struct device *d = device_at(c, device);
    for (uint32_t i = 1; i <= SENT_MAX; i++) {
        const struct sent *sent = &d->sent[(d->next_sent - i) % SENT_MAX];
        if (!pool_live(&c->sas, sent->sa) || at_ms - sent->at_ms > 1000 || sent->at_ms > at_ms)
            continue;
        const struct sa *sa = sa_at(c, sent->sa);
        bool not_yet = sa->out_errors < sa->out_sends;
        if (sa->device == device && (may_fail == MAY_FAIL_ANY || (not_yet && may_fail == MAY_FAIL_NOT_YET) ||
                                        (not_yet && sa->out_exchange)))
            return sent->sa;
    }
    return 0;
}

bool step_send_error_due(const struct classify *c, uint32_t device, int64_t at_ms)
{
    return refused_by_socket(c, device, at_ms, MAY_FAIL_UNANSWERED) != 0;
}

/* The sender is a thread of its own: its error is about the packet handed to it last, or, once all of that
 * SA's have failed, about the one before; of a request that was answered only if nothing else fits. */
static uint32_t sa_of_send_error(const struct step *s)
{
    uint32_t h = 0;
    for (int may_fail = MAY_FAIL_UNANSWERED; !h && may_fail <= MAY_FAIL_ANY; may_fail++)
        h = refused_by_socket(s->c, s->device, s->e->at_ms, (enum may_fail)may_fail);
    return h ? h : s->job->sa;
}

STEP_HANDLER(on_send_error)
{
    uint32_t h = sa_of_send_error(s);
    if (!h)
        return;
    struct sa *sa = sa_at(s->c, h);
    if (s->job->sa != h) /* what this thread wrote before is of something else */
        step_leave(s);
    step_bind(s, h, 0);
    sa->facts |= FACT_BIT(FACT_SEND_FAILED);
    if (sa->out_errors < UINT8_MAX)
        sa->out_errors++;
    if (!sa->tunnel)
        return;
    if (tunnel_at(s->c, sa->tunnel)->state == TUNNEL_UP)
        incident_fact(s->c, sa->tunnel, FACT_SEND_FAILED, s->e);
    else
        incident_line(s->c, sa->tunnel, FACT_SEND_FAILED, s->e);
}
