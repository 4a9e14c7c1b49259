/*
 * dlq_fetch.h — one record from Kafka by its offset: a dead letter whose bytes PostgreSQL keeps only the
 * beginning of.
 *
 * Threads one.
 */
#ifndef IKEWATCH_INGEST_DLQ_FETCH_H
#define IKEWATCH_INGEST_DLQ_FETCH_H

#include "classify/base/arena.h"
#include "classify/base/err.h"

struct dlq_fetch; /* opaque */

struct dlq_bytes {
    struct span key, value;
    struct span headers; /* packed, as of headers.h */
};

/* @param properties  as of producer_open(). @return 0 and *out; ERR_CONFIG, ERR_NOMEM, said on the log */
int dlq_fetch_open(const char *brokers, const char *topic, const char *properties, struct dlq_fetch **out);
void dlq_fetch_close(struct dlq_fetch *f); /* NULL is fine */

/* The whole record, into the arena. @return 0; ERR_NOTFOUND: Kafka has it no more; ERR_KAFKA: no answer */
int dlq_fetch_record(
    struct dlq_fetch *f, int32_t partition, int64_t offset, struct arena *arena, struct dlq_bytes *out);

#endif
