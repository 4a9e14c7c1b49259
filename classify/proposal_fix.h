/*
 * proposal_fix.h — what to type, on the vEdge or on an IOS-XE peer, so that two proposals agree.
 *
 * Source  vEdge CLI: messages.md 2.4 (cipher suites and groups that exist); IOS-XE: `crypto ikev2 proposal`,
 * `crypto ipsec transform-set`, `set pfs` of a crypto ipsec profile; names of transforms: strongSwan
 * crypto/proposal.
 */
#ifndef IKEWATCH_CLASSIFY_PROPOSAL_FIX_H
#define IKEWATCH_CLASSIFY_PROPOSAL_FIX_H

#include "classify/proposal.h"

/**
 * @param received, configured  one proposal each, ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ; the device's is
 * `configured`
 * @return one sentence: the change on the vEdge that makes it agree with the peer, if the vEdge can, and the
 * change on the peer
 */
struct span proposal_fix(struct span received, struct span configured, struct arena *arena);

#endif
