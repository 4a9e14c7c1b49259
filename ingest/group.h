/*
 * group.h — what Kafka says of the consumer group: its members and who has which partition. For consumer.c,
 * orphan.c and member.c only, as it speaks librdkafka's types.
 */
#ifndef IKEWATCH_INGEST_GROUP_H
#define IKEWATCH_INGEST_GROUP_H

#include <librdkafka/rdkafka.h>

/* Asks the group's coordinator (DescribeGroups, KIP-222); the answer comes to the queue as an event, also if
 * there is none in time. Returns at once. */
void group_ask(rd_kafka_t *rk, const char *group, int timeout_ms, rd_kafka_queue_t *answer);

/**
 * @param event  of group_ask(), or NULL
 * @param why    receives what went wrong; valid as long as the event
 * @return valid as long as the event; NULL: no answer
 */
const rd_kafka_ConsumerGroupDescription_t *group_answer(rd_kafka_event_t *event, const char **why);

#endif
