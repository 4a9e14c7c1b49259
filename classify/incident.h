/*
 * incident.h — steps 8 and 9: facts and evidence of a tunnel; incidents open, extend, close.
 *
 * Rule    a verdict is written when first supportable and may turn while the other half of the event is still
 * coming (DECIDE_GRACE_MS); evidence is at most EVIDENCE_PER_TUNNEL lines.
 */
#ifndef IKEWATCH_CLASSIFY_INCIDENT_H
#define IKEWATCH_CLASSIFY_INCIDENT_H

#include "classify/cause.h"

/* IKEv1 renews an IKE_SA by another phase 1 beside it: what that one can fail by. */
#define FACTS_OF_RENEWAL                                                                                     \
    (FACT_BIT(FACT_IKEV1) | FACT_BIT(FACT_MAC_MISMATCHED) | FACT_BIT(FACT_PSK_MISSING) |                     \
        FACT_BIT(FACT_ID_REFUSED) | FACT_BIT(FACT_NO_PEER_CONFIG) | FACT_BIT(FACT_AUTH_FAILED) |             \
        FACT_BIT(FACT_IKE_REFUSED) | FACT_BIT(FACT_IKE_REFUSED_BY_US) | FACT_BIT(FACT_INIT_GIVEN_UP) |       \
        FACT_BIT(FACT_AUTH_GIVEN_UP))

/* A fact about a tunnel that is up, or was a moment ago: why it may be lost. */
void incident_fact(struct classify *c, uint32_t tunnel, enum fact fact, const struct event *e);
/* Is it too late for a new reason why the tunnel went down? Not while it is up, nor within DECIDE_GRACE_MS.
 */
bool incident_decided(const struct classify *c, uint32_t tunnel, int64_t at_ms);
/* A line that belongs to the evidence although it proves no fact alone; role is an enum chain_role or fact.
 */
void incident_line(struct classify *c, uint32_t tunnel, uint16_t role, const struct event *e);
void incident_note(struct classify *c, uint32_t tunnel, uint16_t role, const struct note *n);

/* The trouble at hand is over (answered after all, rekeyed after all): forget these facts, and the evidence
 * if none is left. */
void incident_clear(struct classify *c, uint32_t tunnel, uint64_t facts);

/* A CHILD_SA came while the tunnel was up. What may end a tunnel at once and stands in the same second stays:
 * the CHILD_SA may be the next one. */
void incident_renewed(struct classify *c, uint32_t tunnel, int64_t at_ms);
/* The tunnel is alive though something that may have ended it came: if that is long enough ago, it did not.
 */
void incident_outlived(struct classify *c, uint32_t tunnel, int64_t at_ms);

/* The refused proposals of this negotiation, copied for proposal_diff. */
void incident_proposals(struct classify *c, uint32_t tunnel, uint32_t proposals);

/* The tunnel went down: opens an incident (`declared`: FTMD said so). */
void incident_open_down(struct classify *c, uint32_t tunnel, int64_t at_ms, int64_t offset, bool declared);
/* An attempt failed with these facts: opens a not-established incident, or names the blocker of an open one.
 * `was_there`: the IKE_SA is older than the log, so the tunnel was up once. */
void incident_attempt_failed(struct classify *c, uint32_t tunnel, uint64_t facts, bool was_there,
    int64_t began_ms, const struct event *e);
void incident_close(struct classify *c, uint32_t tunnel, int64_t at_ms);

/* Somebody tries again: the absence pattern of CSCvx86427 does not hold. */
void incident_restarted(struct classify *c, uint32_t tunnel);
/* When the device's clock passes device.check_ms. */
void incident_check(struct classify *c, uint32_t device, int64_t now_ms);
/* Lets go of an incident that closed and can no longer turn. */
void incident_settle(struct classify *c, uint32_t tunnel, int64_t now_ms);

const char *evidence_role_text(uint16_t role);

#endif
