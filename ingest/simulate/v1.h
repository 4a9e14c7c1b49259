/*
 * v1.h — an IKEv1 tunnel's exchanges: those the device begins (v1.c) and those its peer begins (v1_peer.c).
 *
 * Source  RFC 2409 5, RFC 3706, RFC 3947; strongSwan 5.9.8 src/libcharon/sa/ikev1/.
 */
#ifndef IKEWATCH_SIMULATE_V1_H
#define IKEWATCH_SIMULATE_V1_H

#include "ingest/simulate/peers.h"

#define ESP_V1 "ESP:AES_CBC_256/HMAC_SHA1_96/MODP_2048/NO_EXT_SEQ"

enum {
    V1_MAIN_SA_BYTES = 184,
    V1_MAIN_SA_ANSWER_BYTES = 164,
    V1_MAIN_KE_BYTES = 372,
    V1_MAIN_ID_BYTES = 108,
    V1_MAIN_ID_ANSWER_BYTES = 76,
    V1_AGGRESSIVE_BYTES = 492,
    V1_AGGRESSIVE_ANSWER_BYTES = 422,
    V1_AGGRESSIVE_LAST_BYTES = 140,
    V1_QUICK_BYTES = 444,
    V1_QUICK_LAST_BYTES = 60,
    V1_PLAIN_BYTES = 56, /* an informational without HASH */
    V1_NOTIFY_BYTES = 76,
    V1_LIVE_BYTES = 92,
    V1_OLD_IKE_MS = 10000, /* charon leaves the one that was replaced that long */
    V1_HALF_OPEN_MS = 30000
};

/* Both write an INFORMATIONAL_V1, which nothing answers: sent, or received. */
void sim_v1_tell(const struct sim_job *j, const char *payloads, uint32_t bytes);
void sim_v1_told(const struct sim_job *j, const char *payloads, uint32_t bytes);

void sim_v1_vendors(const struct sim_job *j, bool responder);
void sim_v1_established(const struct sim_job *j);
/* The CHILD_SA that a quick mode has built takes the place of the one there is. */
void sim_v1_child_up(struct sim_tunnel *t, const struct sim_job *j, struct sim_sa built);
void sim_v1_key_missing(const struct sim_job *j);
void sim_v1_old_ike_says(struct sim_tunnel *t, const struct sim_job *j);

/* --- v1_peer.c --- */
void sim_v1_peer_init(struct sim_tunnel *t);
void sim_v1_peer_steps(struct sim_tunnel *t);
void sim_v1_peer_reauth(struct sim_tunnel *t);
void sim_v1_peer_child_rekey(struct sim_tunnel *t);
void sim_v1_peer_child_delete(struct sim_tunnel *t);
void sim_v1_peer_delete(struct sim_tunnel *t, const char *cause, const char *also);
void sim_v1_peer_drops_old_child(struct sim_tunnel *t);
void sim_v1_peer_drops_old_ike(struct sim_tunnel *t);

#endif
