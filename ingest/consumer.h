/*
 * consumer.h — one member of the Kafka consumer group. consumer.c and producer.c are the only files that
 * include rdkafka.h.
 *
 * Each partition's records go to the queue of the worker that owns it. A partition is assigned paused: its
 * worker claims it in the database and then says from which offset to read (consumer_start). Polling goes on
 * in consumer_run() whatever the workers do, so that a slow database never costs the membership. Threads
 * consumer_run() in one; a queue is fetched by one worker; the rest from any.
 */
#ifndef IKEWATCH_INGEST_CONSUMER_H
#define IKEWATCH_INGEST_CONSUMER_H

#include "classify/base/err.h"
#include "classify/record.h"
#include "ingest/ingest.h"

struct consumer;       /* opaque */
struct consumer_queue; /* opaque */

/* Called in consumer_run()'s thread, inside a rebalance: short, and without a database call. */
struct consumer_handlers {
    void *ctx;
    /* The worker that shall own the partition has been told; its queue. */
    struct consumer_queue *(*assigned)(void *ctx, int32_t partition);
    /* Returns when the workers have let go of them, or after a bounded time. lost: they belong to another
     * member already. */
    void (*revoked)(void *ctx, const int32_t *partitions, size_t count, bool lost);
    /* How many partitions the topic has: once known, and when that changes. */
    void (*counted)(void *ctx, int32_t partitions);
    /* A record of this partition came by the wrong way and was dropped: it must be read again. */
    void (*strayed)(void *ctx, int32_t partition);
};

enum consumer_state {
    CONSUMER_STARTING,
    CONSUMER_UP,
    CONSUMER_NO_BROKER,
    CONSUMER_NO_TOPIC,
    CONSUMER_FAILED
};

/**
 * @param member  group.instance.id
 * @return 0 and *out; ERR_CONFIG: a property is wrong, said on the log; ERR_KAFKA
 */
int consumer_open(const struct ingest_options *options, const char *member,
    const struct consumer_handlers *handlers, struct consumer **out);
void consumer_close(
    struct consumer *c); /* after consumer_run() returned and the queues were freed; NULL is fine */

/* Joins the group and serves it until consumer_stop(); then leaves the partitions in order. @thread consumer
 */
void consumer_run(struct consumer *c);
void consumer_stop(struct consumer *c);

enum consumer_state consumer_state(const struct consumer *c);

struct consumer_queue *consumer_queue_new(struct consumer *c);
void consumer_queue_free(struct consumer_queue *q);

enum consumer_item_kind {
    ITEM_RECORD,
    ITEM_END, /* the partition is read to its end; record.offset is the next one to come */
    ITEM_NONE /* an error, said on the log */
};

struct consumer_item {
    enum consumer_item_kind kind;
    int32_t partition;
    struct record record; /* its bytes are valid until consumer_done() */
};

/* @return how many items came within the time, 0 if none */
size_t consumer_fetch(struct consumer_queue *q, int timeout_ms);
void consumer_item(const struct consumer_queue *q, size_t i, struct consumer_item *out);
void consumer_done(struct consumer_queue *q);
void consumer_wake(struct consumer_queue *q); /* ends a consumer_fetch() early. @thread any */

/* Read this assigned partition from offset on; if Kafka has it no more, or not yet, from the oldest one that
 * it has. @return 0; ERR_KAFKA: not now, try again */
int consumer_start(struct consumer *c, int32_t partition, int64_t offset);
/* How often partitions were given or taken. librdkafka halts the others meanwhile, and below 2.1 may then
 * skip records of them (its CHANGELOG, #4235: consume_batch_queue and pause). @thread any */
uint64_t consumer_rebalances(const struct consumer *c);
/* Send nothing of it until the next consumer_start(). */
void consumer_pause(struct consumer *c, int32_t partition);
/* For lag tools only, every few seconds: positions live in PostgreSQL. Returns at once. */
void consumer_commit(struct consumer *c, int32_t partition, int64_t offset);

/* The offset behind the last record as last heard, -1: not yet heard. */
int64_t consumer_end(struct consumer *c, int32_t partition);
/* The oldest offset that Kafka still has, as last heard; -1: not yet heard. */
int64_t consumer_low(struct consumer *c, int32_t partition);
/* The oldest offset that Kafka still has and the one behind the last, asked now. @return ERR_KAFKA: no answer
 */
int consumer_range(struct consumer *c, int32_t partition, int64_t *low, int64_t *high);
/* The offset of the first record at most window_ms older than the record before `position`; -1: no answer. */
int64_t consumer_offset_before(struct consumer *c, int32_t partition, int64_t position, int64_t window_ms);

#endif
