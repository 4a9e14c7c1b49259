/*
 * producer.h — sends records to one topic, in order per key, and says what became of them.
 *
 * Threads one.
 */
#ifndef IKEWATCH_INGEST_PRODUCER_H
#define IKEWATCH_INGEST_PRODUCER_H

#include "classify/base/err.h"
#include "classify/base/span.h"
#include "ingest/headers.h"

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

struct producer_record {
    struct span key, value;
    int64_t time_ms;   /* 0: now */
    int32_t partition; /* -1: by the key */
    const struct header *headers;
    size_t header_count;
    void *tag; /* given back by the delivery report */
};

/* @param error    NULL: Kafka has it
 * @param for_good  the same again would fail too */
typedef void (*producer_delivered_fn)(void *ctx, void *tag, const char *error, bool for_good);

/* From now on each record's fate is told to fn, in producer_offer(), _flush() or _close(), and not on the
 * log. */
void producer_on_delivery(struct producer *p, producer_delivered_fn fn, void *ctx);

/* As producer_send(), but a record that cannot be queued is told at once as not delivered, and a full queue
 * is waited for no longer than wait_ms. */
void producer_offer(struct producer *p, const struct producer_record *r, int wait_ms);

/* Wait until every record has its delivery report, at most wait_ms. @return false: not yet */
bool producer_flush(struct producer *p, int wait_ms);

/**
 * Makes the topic with the broker's own number of partitions and replicas, if it is not there.
 * @param why  out, on failure: the broker's words
 * @return 0 or ERR_KAFKA
 */
int producer_make_topic(struct producer *p, char *why, size_t cap);

/* Wait until every record is delivered or refused. @return 0; ERR_KAFKA: some were refused, said on the log
 */
int producer_finish(struct producer *p, struct producer_result *out);

#endif
