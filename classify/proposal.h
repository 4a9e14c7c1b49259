/*
 * proposal.h — step 6: proposal lists as charon prints them → what one side has and the other lacks.
 *
 * Source  strongSwan crypto/proposal: PROTO:ALG/ALG…, lists separated by ", " (messages.md 1.5); IANA IKEv2
 * transform type 4; Cisco vEdge CLI words for groups (messages.md 2.4).
 */
#ifndef IKEWATCH_CLASSIFY_PROPOSAL_H
#define IKEWATCH_CLASSIFY_PROPOSAL_H

#include "classify/base/arena.h"

/* Is the key exchange group the only thing in which the nearest received proposal differs from a configured
 * one? */
bool proposal_only_group_differs(struct span received, struct span configured);

/* {"received": [..], "configured": [..], "only_configured": [..], "only_received": [..], "fix": ".."} of the
 * nearest pair. */
struct span proposal_diff_json(struct span received, struct span configured, struct arena *arena);

/* IANA number of a group by strongSwan's name, MODP_4096 → 16; 0: none. */
int proposal_group_number(struct span name);

#endif
