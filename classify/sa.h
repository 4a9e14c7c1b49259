/*
 * sa.h — IKE_SAs of a device: found by uid, by address pair and message id, or by the retransmission that is
 * due.
 *
 * Source  messages.md 1.2 (what binds a line to an SA), 0.5 (timing of retransmissions); RFC 7296 2.2, 2.8
 * (rekeying).
 */
#ifndef IKEWATCH_CLASSIFY_SA_H
#define IKEWATCH_CLASSIFY_SA_H

#include "classify/exchange.h"

uint32_t sa_by_uid(const struct classify *c, uint32_t device, int64_t uid);
/* @return 0: no room */
uint32_t sa_new(struct classify *c, uint32_t device, int64_t uid, int64_t at_ms);
/* The uid, or the one whose turn it was when charon made this SA as responder (its uid is printed only when
 * established). */
int64_t sa_uid(const struct sa *sa);
void sa_guess_uid(struct classify *c, uint32_t sa);
void sa_set_uid(struct classify *c, uint32_t sa, int64_t uid);
void sa_set_tunnel(struct classify *c, uint32_t sa, uint32_t tunnel);
/* The address pair, and ports when not 0: packets carry all, other lines the addresses alone. */
void sa_set_pair(struct classify *c, uint32_t sa, const struct addr *local, const struct addr *peer,
    uint16_t local_port, uint16_t peer_port);

/* Does that pair belong to another tunnel than this SA's? */
bool sa_pair_of_another(
    const struct classify *c, uint32_t sa, const struct addr *local, const struct addr *peer);

/* Do SAs of several tunnels have that pair? */
bool sa_pair_is_shared(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer);

/* Whose response is this? The SA of the pair that waits for it, or the one whose tunnel has this peer; else,
 * if the address may be `mangled`, the only one of the device. */
uint32_t sa_awaiting(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, uint8_t type, int64_t mid, bool mangled);
/* Whose request is this? Of the pair, the one that expects the message id, else the youngest that is
 * established. `out`: we send it. */
uint32_t sa_expecting(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, uint8_t type, int64_t mid, bool out);
/* Has the line come that this message needs before it: the request of a response, the earlier messages of a
 * request? One that was seen already is not waited for. *awaited: the SA of the pair that waits for this
 * response, 0: none. */
bool sa_due(const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer,
    uint8_t type, int64_t mid, bool response, uint32_t *awaited);
/* Is that SA, which sa_due() gave as the *awaited one of a pair, still the one that waits for this response?
 * 0 is not. */
bool sa_awaits(const struct classify *c, uint32_t sa, uint32_t device, const struct addr *local,
    const struct addr *peer, uint8_t type, int64_t mid);
/* Has the pair an SA that is not established yet? */
bool sa_any_young(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer);
/* A request from an address pair that no SA has: the only established SA of this local address that expects
 * just this message id (MOBIKE, or a NAT that moved the peer). */
uint32_t sa_moved(const struct classify *c, uint32_t device, const struct addr *local, int64_t mid);
/* When did this pair first initiate without being configured, within what is remembered? TIME_NONE: this SA
 * is the first. */
int64_t sa_refused_before(const struct classify *c, uint32_t sa);
/* The only tunnel of which an SA talks to this peer; 0: none, or several. */
uint32_t sa_tunnel_of_peer(const struct classify *c, uint32_t device, const struct addr *peer);
/* Among the SAs of a tunnel, the one that would send this request next. */
uint32_t sa_of_tunnel(const struct classify *c, uint32_t tunnel, uint8_t type, int64_t mid);
/* Whose retransmission `attempt` of request `mid` is this, given the pair (NULL: not known)? 0: nobody's or
 * ambiguous. */
uint32_t sa_retransmitting(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, int64_t mid, int32_t attempt, int64_t at_ms);
/* Who gives up now, after `attempt` retransmissions? The one whose time has come; several when nothing tells
 * them apart. @return how many, at most SA_TIED_MAX are in `due` */
enum { SA_TIED_MAX = 16 };
size_t sa_giving_up(
    const struct classify *c, uint32_t device, int32_t attempt, int64_t at_ms, uint32_t due[SA_TIED_MAX]);

/* Could this line be another's as well? Stamps are of whole seconds, and so is the schedule taken from them. */
bool sa_giving_up_alone(const struct classify *c, uint32_t sa, int32_t attempt, int64_t at_ms);

/* IKEv1: who has left most probes unanswered, and of equals longest? A vEdge's time-out is its interval times
 * its retries, and tunnels have their own intervals. */
uint32_t sa_dpd_unanswered(const struct classify *c, uint32_t device);
/* Is there no other whose probes may be as long unanswered? */
bool sa_dpd_alone(const struct classify *c, uint32_t sa, int64_t at_ms);

/* Gone SAs are kept a minute for the last lines of their job, then forgotten. */
void sa_sweep(struct classify *c, uint32_t device, int64_t now_ms);
/* charon started: every SA of before is gone. */
void sa_forget_before_start(struct classify *c, uint32_t device, int64_t at_ms);
bool sa_any_of_tunnel(const struct classify *c, uint32_t tunnel);

/* charon: the k-th time-out is T * 1.8^k (messages.md 0.5). @return when the request sent at sent_ms is given
 * up after `tries` */
int64_t sa_gives_up_at(int64_t sent_ms, int32_t base_ms, int32_t tries);

#endif
