/*
 * claim.h — a partition's way from assigned to read: claimed in the database, its state loaded or rebuilt,
 * sought in Kafka.
 */
#ifndef IKEWATCH_INGEST_CLAIM_H
#define IKEWATCH_INGEST_CLAIM_H

#include "ingest/consumer.h"
#include "ingest/database.h"

struct claim_setup {
    const struct ingest_options *options;
    const struct classify_options *classify;
    struct consumer *consumer;
    const char *owner; /* "host:pid:member" */
};

/**
 * Claims p and takes what the claim found: PARTITION_SEEKING from then on. A checkpoint that cannot be read
 * is replaced by a muted replay of ingest.rebuild_window, and said.
 * @return 0; as partition_claim(); ERR_NOMEM, said
 */
int claim_partition(const struct claim_setup *setup, struct database *db, struct partition *p);

/* Tells Kafka from where; PARTITION_READING, or later again. */
void claim_seek(const struct claim_setup *setup, struct partition *p);

/* Records [first - gap, first) did not come: said, counted and stored if Kafka has deleted them; a compacted
 * or transactional topic skips offsets without loss. */
void claim_gap(const struct claim_setup *setup, struct database *db, const struct partition *p, int64_t first,
    int64_t gap);

#endif
