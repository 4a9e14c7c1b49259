/*
 * exchange.h — step 6: requests, responses and retransmissions, paired by (IKE_SA, direction, message id),
 * and payload lists.
 *
 * Source  RFC 7296 2.1 (retransmission), 2.2 (message ids), 3.1 (exchange types), 3.10.1 (notify types);
 *         strongSwan encoding/message.c for the short names (messages.md 1.3).
 */
#ifndef IKEWATCH_CLASSIFY_EXCHANGE_H
#define IKEWATCH_CLASSIFY_EXCHANGE_H

#include "classify/state.h"

enum exchange_type {
    EXCHANGE_NONE,
    IKE_SA_INIT,
    IKE_AUTH,
    CREATE_CHILD_SA,
    INFORMATIONAL,
    IKE_SESSION_RESUME,
    IKE_INTERMEDIATE,
    IKE_FOLLOWUP_KE,
    ME_CONNECT,
    ID_PROT,
    AUTH_ONLY,
    AGGRESSIVE,
    INFORMATIONAL_V1,
    TRANSACTION,
    QUICK_MODE,
    NEW_GROUP_MODE,
    EXCHANGE_TYPE_COUNT
};

enum outcome { OUTCOME_PENDING, OUTCOME_ANSWERED, OUTCOME_REFUSED, OUTCOME_UNANSWERED, OUTCOME_ABANDONED };

/* IKEv1 (RFC 2409): message ids tie nothing together but the messages of one quick mode, and informationals
 * are not answered. */
static inline bool exchange_is_v1(uint8_t type)
{
    return type >= ID_PROT && type <= NEW_GROUP_MODE;
}

/* Of an IKE_SA that is not established yet. */
static inline bool exchange_is_early(uint8_t type)
{
    return type == IKE_SA_INIT || type == IKE_AUTH || type == IKE_INTERMEDIATE || type == ID_PROT ||
           type == AGGRESSIVE;
}

/* Sets up or renews a CHILD_SA. */
static inline bool exchange_is_child(uint8_t type)
{
    return type == CREATE_CHILD_SA || type == QUICK_MODE;
}

enum exchange_type exchange_type_of(struct span name);
/* Of an established IKE_SA, by its number (RFC 7296 3.1); EXCHANGE_NONE: another. */
enum exchange_type exchange_type_numbered(int64_t number);
const char *exchange_type_name(uint8_t type);
const char *outcome_name(uint8_t outcome);

/* The list behind the bracket, "SA KE No ]" or cut without its end, interned. @return handle, 0: table full
 * (counted as shed) */
uint32_t payloads_intern(struct classify *c, struct span text);
/* What the list means: enum payload_flag. */
uint32_t payloads_flags(const struct classify *c, uint32_t payloads);

/* A request was sent or arrived. @return handle; 0: no room (counted as shed) */
uint32_t exchange_open(struct classify *c, uint32_t sa, bool out, uint8_t type, int64_t mid, int64_t at_ms,
    int64_t offset, uint32_t payloads);
void exchange_answered(
    struct classify *c, uint32_t exchange, int64_t at_ms, uint32_t payloads, int32_t bytes);
void exchange_closed(struct classify *c, uint32_t exchange, enum outcome outcome);

/* The job's exchange is now this one (0: none); the one before is forgotten if it is final and written. */
void exchange_hold(struct classify *c, struct job *job, uint32_t exchange);

/* The SA learned its uid: its exchanges get it. */
void exchange_uid_known(struct classify *c, struct sa *sa);
/* The SA is about to be forgotten: its exchanges stay as they are. */
void exchange_release(struct classify *c, struct sa *sa);

#endif
