/*
 * member.h — a static member of the consumer group, looked at and removed from outside: `ikewatch leave`.
 *
 * A static member that ends stays in the group until its session times out, so that it may come back as
 * itself (design 3.1). librdkafka has no call that removes one; but a member that unsubscribes while it lives
 * leaves the group, static or not. So the member is joined once more, under its own name, and unsubscribes.
 */
#ifndef IKEWATCH_INGEST_MEMBER_H
#define IKEWATCH_INGEST_MEMBER_H

#include "ingest/ingest.h"

/* @return 1: it is in the group, 0: it is not; ERR_KAFKA, ERR_CONFIG, said on the log */
int member_present(const struct ingest_options *options, const char *member);

/* @return 0: it has left; ERR_KAFKA, ERR_CONFIG, said on the log */
int member_leave(const struct ingest_options *options, const char *member);

#endif
