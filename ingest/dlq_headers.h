/*
 * dlq_headers.h — the headers of a record in the topic of dead letters: first its own, as they were, then
 * where it came from and why it is there.
 *
 * `ingest.dlq_headers` says under which names:
 *   dlq      dlq.topic, .partition, .offset, .timestamp (ms since the epoch, if it had one), .group, .reason,
 *            .rule (dead_letter_rule()), .exception, .version
 *   connect  those of Kafka Connect's dead letters (KIP-298), less what only a Java program has:
 *            __connect.errors.topic, .partition, .offset, .connector.name (the group), .stage,
 *            .exception.class.name (the reason), .exception.message
 *   both     the one and the other
 * With each of them dlq.cut=true if Kafka had the record no more and only its beginning was kept.
 */
#ifndef IKEWATCH_INGEST_DLQ_HEADERS_H
#define IKEWATCH_INGEST_DLQ_HEADERS_H

#include "ingest/dlq_send.h"

struct dlq_headers {
    struct header *list;
    size_t count;
};

/**
 * @param original  packed, of headers.h. A record that goes back has only these.
 * @param cut  only the beginning is left
 * @return in the arena
 */
struct dlq_headers dlq_headers_of(const struct dlq_route *route, const struct dead_letter *l,
    struct span original, bool cut, struct arena *arena);

#endif
