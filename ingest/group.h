/*
 * group.h — what Kafka says of the consumer group: its members and who has which partition. For consumer.c,
 * orphan.c and member.c only, as it speaks librdkafka's types.
 *
 * By rd_kafka_list_groups(), though it is called outdated: the admin calls that ask a group's coordinator end
 * the process when the broker goes away meanwhile (librdkafka's #4605, open).
 */
#ifndef IKEWATCH_INGEST_GROUP_H
#define IKEWATCH_INGEST_GROUP_H

#include "classify/base/span.h"

#include <librdkafka/rdkafka.h>

/**
 * Waits for the answer, at most timeout_ms.
 * @param why  receives what went wrong
 * @return the group, to be given back by rd_kafka_group_list_destroy(); NULL: no answer
 */
const struct rd_kafka_group_list *group_ask(
    rd_kafka_t *rk, const char *group, int timeout_ms, const char **why);

/* The id of a static member is its group.instance.id, '-' and a UUID (Kafka, GroupMetadata.generateMemberId).
 */
bool group_member_is(const struct rd_kafka_group_member_info *member, const char *instance);

/**
 * Marks the partitions below `count` of the topic that an assignment holds: ConsumerProtocolAssignment.json
 * of Kafka's clients, of which later versions keep the beginning.
 * @return false: it is none, or cut; what was read until there is marked
 */
bool group_assignment(struct span bytes, struct span topic, bool *owned, int32_t count);

#endif
