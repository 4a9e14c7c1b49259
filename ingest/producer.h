/*
 * producer.h — sends records to one topic, in order per key, and says what became of them.
 *
 * Threads one.
 */
#ifndef IKEWATCH_INGEST_PRODUCER_H
#define IKEWATCH_INGEST_PRODUCER_H

#include "classify/base/err.h"
#include "classify/base/span.h"

struct producer; /* opaque */

struct producer_result {
    uint64_t delivered, failed, bytes;
    uint32_t partitions; /* that got something */
};

/**
 * @param properties  lines `property=value` for librdkafka; NULL: none
 * @return 0 and *out; ERR_CONFIG, said on the log
 */
int producer_open(const char *brokers, const char *topic, const char *properties, struct producer **out);
void producer_close(struct producer *p); /* NULL is fine; what is not delivered yet is dropped */

/**
 * How long the topic keeps what it has.
 * @param retention_ms  out: -1 for ever
 * @return 0; ERR_NOTFOUND: no such topic; ERR_KAFKA: no answer; both said on the log with the remedy
 */
int producer_retention(struct producer *p, int64_t *retention_ms);

/* Copies the record into the client's queue, waiting while that is full. @return 0; ERR_KAFKA, said on the
 * log */
int producer_send(struct producer *p, struct span key, struct span value, int64_t time_ms);

/* Wait until every record is delivered or refused. @return 0; ERR_KAFKA: some were refused, said on the log
 */
int producer_finish(struct producer *p, struct producer_result *out);

#endif
