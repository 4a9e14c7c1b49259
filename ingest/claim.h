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
    const int64_t *config; /* hash of what they stand for */
    struct consumer *consumer;
    const char *owner; /* "host:pid:member" */
};

/**
 * Claims p and takes what the claim found: PARTITION_SEEKING from then on. A checkpoint that cannot be read
 * is replaced by a muted replay of ingest.rebuild_window, and said.
 * @return 0; as partition_claim(); ERR_NOMEM, said
 */
int claim_partition(const struct claim_setup *setup, struct database *db, struct partition *p);

/**
 * Tells Kafka from where; PARTITION_READING, or later again. What Kafka has lost meanwhile is found out
 * first: said, counted and stored as a gap, and reading goes on, or PARTITION_STOPPED as ingest.on_gap says.
 * @return 0; as partition_restart()
 */
int claim_seek(const struct claim_setup *setup, struct database *db, struct partition *p);

/* A moved_fn; ctx is the struct partition they came to. */
void claim_moved(void *ctx, struct span device, int32_t from, size_t incidents);

#endif
