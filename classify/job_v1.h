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
/* An informational that arrived. */
void v1_informational(struct step *s, int64_t mid, uint32_t payloads);
/* One that we send. */
void v1_informational_sent(
    struct step *s, uint32_t sa, int64_t mid, uint32_t payloads, const struct note *note);

#endif
