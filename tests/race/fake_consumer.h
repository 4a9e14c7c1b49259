/*
 * fake_consumer.h — stands in for ingest/consumer.c: a topic that is there already, and a group that
 * rebalances without pause. librdkafka crashes under ThreadSanitizer, which it is not built for; so the
 * threads of ingest are run against this one, which keeps the contract of ingest/consumer.h.
 */
#ifndef IKEWATCH_TESTS_RACE_FAKE_CONSUMER_H
#define IKEWATCH_TESTS_RACE_FAKE_CONSUMER_H

#include <stdint.h>

enum { FAKE_PARTITIONS = 8 };

/* Before ingest_start(). */
void fake_consumer_set(int64_t records_per_partition, uint64_t seed);

/* Rebalances so far. */
unsigned fake_consumer_count(void);

/* No more of them: all partitions are given for good. */
void fake_consumer_calm(void);

#endif
