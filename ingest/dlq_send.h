/*
 * dlq_send.h — dead letters to Kafka: to the topic `<topic>.<group>.dlq`, or back to where they came from.
 *
 * Key, value and headers are sent as they were; those of which PostgreSQL keeps only the beginning are
 * fetched from Kafka once more. What is added to the headers, and only on the way to the topic of dead
 * letters: dlq_headers.h.
 *
 * Threads one.
 */
#ifndef IKEWATCH_INGEST_DLQ_SEND_H
#define IKEWATCH_INGEST_DLQ_SEND_H

#include "ingest/dlq_store.h"
#include "ingest/producer.h"

#include <stdatomic.h>

enum { DLQ_TOPIC_BYTES = 250, DLQ_WHY_BYTES = 200 };

/* What Kafka does not take in the name of a topic is an underscore. */
void dlq_topic(const char *topic, const char *group, char out[DLQ_TOPIC_BYTES]);

struct dlq_route {
    const char *brokers, *topic, *group, *properties;
    bool back;   /* to the partition of `topic` they came from, with their own time and no more headers */
    int headers; /* DLQ_HEADERS_DLQ, … */
};

struct dlq_sender; /* opaque */

/* @return 0 and *out; ERR_CONFIG, ERR_NOMEM, said on the log */
int dlq_sender_open(const struct dlq_route *route, struct dlq_sender **out);
void dlq_sender_close(struct dlq_sender *s); /* NULL is fine */

struct producer *dlq_sender_producer(struct dlq_sender *s);

struct dlq_result { /* points into the letters; valid until the next send */
    const struct dead_letter **delivered, **never;
    size_t delivered_count, never_count;
    size_t failed;           /* not now: the same again may succeed */
    char why[DLQ_WHY_BYTES]; /* of the last that failed or never will be sent */
};

/**
 * Sends them in order and waits for the reports, at most a minute.
 * @param stopping  set: wait no longer; NULL: never
 * @return 0 and *out; ERR_NOMEM
 */
int dlq_sender_send(struct dlq_sender *s, const struct dead_letters *letters, const atomic_bool *stopping,
    struct dlq_result *out);

#endif
