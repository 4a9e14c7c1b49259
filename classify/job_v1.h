/*
 * job_v1.h — what IKEv1 does its own way: quick mode has a third message, informationals stand alone, DPD is
 * a pair of them.
 *
 * Source  RFC 2409 5.5 (quick mode), 5.7 (informational); RFC 3706 (DPD: R-U-THERE, R-U-THERE-ACK);
 *         strongSwan sa/ikev1/task_manager_v1.c, tasks/isakmp_dpd.c, tasks/informational.c.
 */
#ifndef IKEWATCH_CLASSIFY_JOB_V1_H
#define IKEWATCH_CLASSIFY_JOB_V1_H

#include "classify/job_step.h"

/* `[ HASH ]` alone ends a quick mode and opens nothing. */
bool v1_third_message(struct step *s, uint32_t payloads);
/* Which of main mode's three pairs of messages has these payloads? 0: nothing tells. */
int v1_main_mode_step(uint32_t flags);
/* Is this informational an error that phase 1 gets as its answer? */
bool v1_answers_phase1(struct classify *c, const struct event *e);
/* Does quick mode begin here, without a line that says for whom? Then the job is nobody's until its packet's
 * line comes: v1_sa_of_packet. */
bool v1_begins_unnamed(struct step *s, uint8_t type, int64_t mid, uint32_t payloads);
/* The SA whose quick mode leaves in this packet; 0: none known, or, if `*doubtful`, one of several. */
uint32_t v1_sa_of_packet(struct step *s, const struct packet *p, bool *doubtful);
/* An informational that arrived. */
void v1_informational(struct step *s, int64_t mid, uint32_t payloads);
/* One that we send. */
void v1_informational_sent(
    struct step *s, uint32_t sa, int64_t mid, uint32_t payloads, const struct note *note);

#endif
