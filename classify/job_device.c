/* What the device as a whole says: charon starts and stops, FTMD, operators. */
#include "classify/job_step.h"

static void of_tunnel(struct step *s, uint32_t tunnel, enum fact fact)
{
    if (tunnel_at(s->c, tunnel)->state != TUNNEL_UNKNOWN && !incident_decided(s->c, tunnel, s->e->at_ms))
        incident_fact(s->c, tunnel, fact, s->e);
}

static void of_every_tunnel(struct step *s, enum fact fact)
{
    for (uint32_t t = device_at(s->c, s->device)->first_tunnel; t; t = tunnel_at(s->c, t)->next_of_device)
        of_tunnel(s, t, fact);
}

STEP_HANDLER(on_daemon_started)
{
    struct classify *c = s->c;
    struct device *d = device_at(c, s->device);
    d->booted_ms = s->e->at_ms;
    d->run +=
        d->next_uid > 1 && !same_second(d->first_seen_ms, s->e->at_ms); /* at the head of a log: its first */
    sa_forget_before_start(c, s->device, s->e->at_ms);
    s->job->sa = 0;
    for (uint32_t t = d->first_tunnel; t; t = tunnel_at(c, t)->next_of_device) {
        bool fresh = sa_any_of_tunnel(c, t);
        if (fresh && !tunnel_at(c, t)->incident)
            continue;
        of_tunnel(s, t, FACT_DAEMON_STARTED);
        if (!fresh && tunnel_at(c, t)->child_count)
            tunnel_children_gone(c, t, s->e);
    }
}

STEP_HANDLER(on_device_fact)
{
    of_every_tunnel(s, s->e->fact);
}

static bool is_tunnel(struct span interface)
{
    return interface.len > 5 && span_eq_nocase(span_from(interface.ptr, 5), SPAN("ipsec"));
}

/* Both of FTMD's lines: `VPN 1 Interface ipsec2 DOWN`, and the notification with its pairs. */
STEP_HANDLER(on_tunnel_state)
{
    struct span pairs = event_text(s->e, F_PAIRS);
    struct span interface = pairs.ptr ? event_pair(pairs, SPAN("if-name")) : event_text(s->e, F_INTERFACE);
    struct span state = pairs.ptr ? event_pair(pairs, SPAN("new-state")) : event_text(s->e, F_NEW_STATE);
    struct span vpn = pairs.ptr ? event_pair(pairs, SPAN("vpn-id")) : event_text(s->e, F_VPN);
    uint64_t vpn_id;
    if (!is_tunnel(interface))
        return;
    bool up = span_eq_nocase(state, SPAN("up")), down = span_eq_nocase(state, SPAN("down"));
    if (!up && !down)
        return;
    bool known = span_u64(vpn, &vpn_id) && vpn_id <= 65535;
    uint32_t tunnel =
        tunnel_of_interface(s->c, s->device, interface, known ? (int32_t)vpn_id : -1, s->e->at_ms);
    if (!tunnel)
        return;
    step_bind_named(s, tunnel);
    if (up)
        tunnel_up(s->c, tunnel, s->e, true);
    else
        tunnel_down(s->c, tunnel, s->e, true);
}

STEP_HANDLER(on_admin_state)
{
    struct span pairs = event_text(s->e, F_PAIRS);
    struct span interface = event_pair(pairs, SPAN("if-name"));
    if (!is_tunnel(interface) || !span_eq_nocase(event_pair(pairs, SPAN("new-admin-state")), SPAN("down")))
        return;
    uint32_t tunnel = tunnel_of_interface(s->c, s->device, interface, -1, s->e->at_ms);
    if (tunnel)
        incident_fact(s->c, tunnel, s->e->fact, s->e);
}
