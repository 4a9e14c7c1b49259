/*
 * job_step.h — what the handlers of events share; only job*.c include it.
 */
#ifndef IKEWATCH_CLASSIFY_JOB_STEP_H
#define IKEWATCH_CLASSIFY_JOB_STEP_H

#include "classify/incident.h"
#include "classify/sa.h"
#include "classify/tunnel.h"

/* One event in the hands of its job. */
struct step {
    struct classify *c;
    uint32_t device;
    struct job *job;
    const struct event *e;
};

/* The job is about this SA (0: none known) and tunnel (0: the SA's). */
void step_bind(struct step *s, uint32_t sa, uint32_t tunnel);
/* A line that names its tunnel begins another job if the job was about a different one. */
void step_bind_named(struct step *s, uint32_t tunnel);
/* What follows is not of the job's SA and tunnel: its first lines are lost, or it has none. */
void step_leave(struct step *s);
/* The SA of the event's uid, or of its prefix; 0: not known. */
uint32_t step_sa_by_uid(const struct step *s);
/* The tunnel of the job or of its SA; with `make`, one known by its addresses if there is none yet. */
uint32_t step_tunnel(struct step *s, bool make);

/* A fact about the negotiation of sa; when the tunnel is up, about the tunnel. `note` is the deciding line,
 * NULL: the event's. */
void step_refused(struct step *s, uint32_t sa, enum fact fact, const struct note *note);

/* Has a packet been sent that the error of a socket may be about? */
bool step_send_error_due(const struct classify *c, uint32_t device, int64_t at_ms);

/* IKEv1: another phase 1 took the place of the one before, however often that failed. */
void step_renewed(struct step *s, uint32_t tunnel);

/* The peer lives: silence so far was a near miss at most. */
void step_alive(struct step *s, uint32_t sa);
/* An established SA's request is unanswered: from here the tunnel may be dead. */
void step_may_be_dead(struct step *s, struct sa *sa, const struct note *line);
/* A retransmission of this SA's request under way. */
void step_retransmitted(struct step *s, uint32_t sa, const struct waiting *w);
/* The IKE_SA is gone, and its tunnel's CHILD_SAs with it if no other is established. */
void step_ended(struct step *s, uint32_t sa);
/* We send this request; `note` is its line. */
void step_open_request(
    struct step *s, uint32_t sa, uint8_t type, int64_t mid, uint32_t payloads, const struct note *note);

/* The peer asks this; the job's summary is its line. */
void step_request_arrived(struct step *s, uint32_t sa, uint8_t type, int64_t mid, uint32_t payloads);

#define STEP_HANDLER(name) void name(struct step *s)
STEP_HANDLER(on_receive);
STEP_HANDLER(on_parsed);
STEP_HANDLER(on_generating);
STEP_HANDLER(on_unacceptable);
STEP_HANDLER(on_send);
STEP_HANDLER(on_send_error);
STEP_HANDLER(on_retransmit);
STEP_HANDLER(on_give_up);
STEP_HANDLER(on_initiating);
STEP_HANDLER(on_peer_initiating);
STEP_HANDLER(on_established);
STEP_HANDLER(on_rekeyed);
STEP_HANDLER(on_deleting);
STEP_HANDLER(on_deleted);
STEP_HANDLER(on_delete_received);
STEP_HANDLER(on_delete_sent);
STEP_HANDLER(on_reauthenticating);
STEP_HANDLER(on_child_establishing);
STEP_HANDLER(on_child_established);
STEP_HANDLER(on_child_closing);
STEP_HANDLER(on_child_expired);
STEP_HANDLER(on_child_delete_received);
STEP_HANDLER(on_child_failed);
STEP_HANDLER(on_keep_alive);
STEP_HANDLER(on_child_spi);
STEP_HANDLER(on_proposals_received);
STEP_HANDLER(on_proposals_configured);
STEP_HANDLER(on_rekey_scheduled);
STEP_HANDLER(on_initiate_requested);
STEP_HANDLER(on_terminate_requested);
STEP_HANDLER(on_conn_loaded);
STEP_HANDLER(on_conn_selected);
STEP_HANDLER(on_half_open_expired);
STEP_HANDLER(on_endpoint_changed);
STEP_HANDLER(on_no_ike_config);
STEP_HANDLER(on_not_loaded);
STEP_HANDLER(on_setup_ignored);
STEP_HANDLER(on_fact);
STEP_HANDLER(on_daemon_started);
STEP_HANDLER(on_device_fact);
STEP_HANDLER(on_tunnel_state);
STEP_HANDLER(on_admin_state);

#endif
