/*
 * headers.h — a Kafka record's headers as one run of bytes, and back: the column dead_letter.record_headers.
 *
 * The bytes are those of Kafka's own record format: how many, then of each the length of its name, the name,
 * the length of its value (-1: null), the value; numbers as zigzag varints. The number counts all headers,
 * also those at the end that did not fit.
 * Memory  what is read points into the packed bytes.
 */
#ifndef IKEWATCH_INGEST_HEADERS_H
#define IKEWATCH_INGEST_HEADERS_H

#include "classify/base/arena.h"

struct header {
    struct span name, value; /* value.ptr NULL: null */
};

typedef void (*headers_at_fn)(const void *ctx, size_t i, struct header *out);

/**
 * Whole headers, in order, as long as they fit.
 * @param cap  bytes, at least 10
 */
struct span headers_pack(headers_at_fn at, const void *ctx, size_t count, size_t cap, struct arena *arena);

/**
 * The same for what came from Kafka. librdkafka reads them only now, so that other records cost nothing.
 * @param message  struct record.origin, rd_kafka_message_t; NULL: none
 * @return ptr NULL: it has none
 */
struct span headers_of_message(const void *message, size_t cap, struct arena *arena);

/* @param list  out, with room for packed.len / 2; NULL: only count. @return how many are there whole */
size_t headers_read(struct span packed, struct header *list);

/* Were there more? */
bool headers_cut(struct span packed);

#endif
