/*
 * peers.h — the exchanges of a tunnel: those the device begins (ask.c) and those its peer begins (peer.c).
 */
#ifndef IKEWATCH_SIMULATE_PEERS_H
#define IKEWATCH_SIMULATE_PEERS_H

#include "ingest/simulate/line.h"

#define IKE_SUITE "IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048"
#define INIT_REQUEST "SA KE No N(NATD_S_IP) N(NATD_D_IP) N(FRAG_SUP) N(HASH_ALG) N(REDIR_SUP)"
#define INIT_RESPONSE "SA KE No N(NATD_S_IP) N(NATD_D_IP) N(FRAG_SUP) N(HASH_ALG) N(CHDLESS_SUP) N(MULT_AUTH)"
#define ESP_PFS "ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ"

enum { PACKET_SMALL = 76, RTT_LOW_MS = 8, RTT_HIGH_MS = 90 };

struct sim_pair { /* a CHILD_SA */
    uint32_t child, in, out;
};

static inline uint32_t sim_spi(struct sim_tunnel *t)
{
    return 0xc0000000u | (uint32_t)(sim_random_next(&t->device->random) & 0xfffffff);
}

/* --- ask.c --- */
void sim_start(struct sim_tunnel *t); /* FTMD asks charon for the tunnel */
void sim_probe(struct sim_tunnel *t); /* DPD */
void sim_child_rekey(struct sim_tunnel *t);
void sim_ike_rekey(struct sim_tunnel *t);
void sim_close(struct sim_tunnel *t, const struct sim_job *j, const char *cause); /* we delete the IKE_SA */
int64_t sim_close_pause_ms(const struct sim_tunnel *t); /* … and begin again after that long */
void sim_say_close(const struct sim_job *j);
void sim_retransmit(struct sim_tunnel *t);
int64_t sim_retransmit_wait_ms(const struct sim_tunnel *t); /* until the next one */
void sim_lost(struct sim_tunnel *t);                        /* nothing was answered: the tunnel is down */
void sim_give_up(struct sim_tunnel *t, const struct sim_job *j);
/* The request under way is due once more; false: there is none, or it was given up. */
bool sim_try_again(struct sim_tunnel *t, const struct sim_job *j);
void sim_socket_may_refuse(struct sim_tunnel *t);
void sim_answer(struct sim_tunnel *t); /* the peer's answer arrives */
void sim_initiate(const struct sim_job *j);
void sim_ask(const struct sim_job *j, enum sim_request what, uint32_t bytes);
uint32_t sim_child_new(struct sim_tunnel *t, struct sim_sa *sa);
void sim_living(struct sim_tunnel *t); /* timers of an established SA */

/* --- answer.c --- */
void sim_answer_init(struct sim_tunnel *t);
void sim_answer_auth(struct sim_tunnel *t);
void sim_answer_child(struct sim_tunnel *t);
void sim_answer_ike(struct sim_tunnel *t);
void sim_fail(struct sim_tunnel *t, int64_t again_ms); /* the attempt is over, the next is due */

/* --- peer.c --- */
void sim_peer_init(struct sim_tunnel *t);
void sim_peer_auth(struct sim_tunnel *t);
void sim_peer_half_open(struct sim_tunnel *t);
void sim_peer_child_rekey(struct sim_tunnel *t);
void sim_peer_child_delete(struct sim_tunnel *t);
void sim_peer_ike_rekey(struct sim_tunnel *t);
void sim_peer_delete(struct sim_tunnel *t, const char *cause, const char *also);
void sim_peer_moves(struct sim_tunnel *t);
void sim_scan(struct sim_tunnel *t);

/* --- both.c: what both peers do at once, or one of them twice --- */
void sim_twin_init(struct sim_tunnel *t); /* the peer initiates while the device does */
void sim_twin_auth(struct sim_tunnel *t);
void sim_twin_goes(struct sim_tunnel *t);
void sim_collide(struct sim_tunnel *t);        /* both rekey the CHILD_SA */
void sim_child_replaced(struct sim_tunnel *t); /* the peer builds another, then deletes the old one */
struct sim_pair sim_pair_of(const struct sim_sa *sa);
/* The peer's DELETE of a CHILD_SA up to the answer, whose id is returned; the answer. */
uint32_t sim_peer_deletes(const struct sim_job *j, struct sim_sa *sa, struct sim_pair p);
void sim_say_deleted(const struct sim_job *j, uint32_t mid);
void sim_peer_floods(struct sim_tunnel *t); /* it begins and never goes on, until charon has enough */

/* --- fault.c --- */
void sim_fault_begins(struct sim_tunnel *t);
void sim_fault_ends(struct sim_tunnel *t);

#endif
