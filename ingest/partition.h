/*
 * partition.h — the memory of one partition: its classify, the rows of the batch being made, and how far it
 * is.
 *
 * Offsets position <= next. [0, position) is committed; [position, next) has been fed and waits for its
 * flush. While next < position the partition is rebuilt behind a checkpoint: fed, but its rows are thrown
 * away (design 3.4). Threads none inside; one worker owns it. No Kafka, and the database only through the
 * connection given.
 */
#ifndef IKEWATCH_INGEST_PARTITION_H
#define IKEWATCH_INGEST_PARTITION_H

#include "classify/classify.h"
#include "ingest/ingest.h"
#include "ingest/poison.h"
#include "schema/flush.h"

enum partition_state {
    PARTITION_CLAIMING, /* not ours in the database yet; claim it at wait_until_ms */
    PARTITION_SEEKING,  /* claimed; Kafka has not been told where to read from */
    PARTITION_READING,
    PARTITION_PARKED,  /* the database refuses; tried again from the claim at wait_until_ms */
    PARTITION_STOPPED, /* records are missing and ingest.on_gap says that a person shall decide */
};

struct partition {
    struct partition_key key;
    enum partition_state state;
    int64_t wait_until_ms;
    uint64_t dead_letter_max; /* kept of this partition */
    bool counted_owned;

    struct classify *classify;      /* NULL while not claimed */
    struct classify_counts counted; /* up to the last commit, for metrics */
    int64_t epoch, position, next;
    int64_t record_ms; /* highest record time */
    bool muted;        /* rebuilding */
    bool fresh;        /* nothing came since the last seek */
    int64_t expected;  /* since the last seek nothing before this offset can come */
    int64_t hole; /* what follows it begins here; seen twice, or found to be no loss, it is believed; -1 */
    uint64_t
        rebalances; /* consumer_rebalances() at the last seek: no hole before it is believed after another */
    int64_t lag;    /* as last told to the metrics */
    int64_t last_offset, last_hash; /* of the record fed last before `next`, LONG_NONE: as the claim found */
    int64_t proof_offset, proof_hash; /* of the last record stored, to be met again; offset -1: no need */
    bool lost;                        /* Kafka has not what was asked for; claim.c finds out what it has */
    bool anew;          /* the records are others than those that were read: the topic was made anew */
    unsigned lost_seen; /* looks in a row that found the partition to end before the position */

    struct rows rows;
    uint64_t records, bytes; /* in [position, next), or since the last throwing away */
    int64_t first_ms;        /* monotonic, when the first of them was fed */
    bool collected; /* rows are complete and `flush` says what they are: nothing may be fed until it is
                       settled */
    bool in_doubt;  /* a COMMIT was sent and the connection lost */
    struct flush flush;
    struct poison poison;      /* outlives a drop: the search goes on after the next claim */
    uint64_t dead[DEAD_COUNT]; /* dead letters of the batch, by reason */
    char *checkpoint;          /* of `flush`, malloc()ed */

    int64_t feed_ns; /* CPU spent feeding since the last checkpoint: what a restart would spend again */
    int64_t checkpoint_cost_ns; /* of the last one */
    int64_t checkpointed;       /* position of the last one, -1: none */
    int64_t config;             /* hash of what it is read with; outlives a drop */
    bool stamp_due;             /* the last one was made with something else */
};

/* @return NULL if memory is short */
struct partition *partition_new(const struct ingest_options *options, int32_t number);
void partition_free(struct partition *p); /* NULL is fine */

/* Forget everything but the name and the search for a refused record; back to PARTITION_CLAIMING. */
void partition_drop(struct partition *p);

/**
 * Take what a claim found: position, and the state from its checkpoint.
 * @return 0: rebuilt or to be rebuilt from p->next; ERR_STALE: the same, but there was a checkpoint that
 * cannot be read; ERR_NOMEM
 */
int partition_take(struct partition *p, const struct classify_options *options, const struct claim *claim);

enum partition_fed {
    PARTITION_FED,
    PARTITION_IGNORED, /* had before */
    PARTITION_HOLE,    /* later than expected; the next time it is believed: nothing is missing */
    PARTITION_BACK,    /* earlier than expected: what was asked for is not there */
    PARTITION_ANEW,    /* not the record that is stored under this offset */
};

enum partition_fed partition_feed(struct partition *p, struct match_scratch *scratch, const struct record *r);

/* How many records a batch may hold, of `max` at most. */
uint64_t partition_limit(const struct partition *p, uint64_t max);

/* The end of the partition was seen at `offset`: a rebuild may be over although its last records are gone,
 * and what a transaction left behind at the end is no record. */
enum partition_fed partition_end(struct partition *p, int64_t offset);

/* Where Kafka shall begin: at `next`, or at the last record stored if it is to be met again. */
int64_t partition_seek_offset(const struct partition *p);

/* Kafka has been told so: PARTITION_READING. */
void partition_sought(struct partition *p);

/* All that was fed is committed, and where it ends is in doubt: the last record is to be met again. */
void partition_doubt(struct partition *p);

/* Nothing before `offset` is there any more. Of a batch that is being made or collected there must be
 * nothing. @param committed  the position in the database is `offset` already */
void partition_skip(struct partition *p, int64_t offset, bool committed);

/* Are the state's records worth a checkpoint? At most every max(2 s of replay, 10 times what the last one
 * cost) (design 3.4); at each flush while a refused record is searched. */
bool partition_checkpoint_due(const struct partition *p);

/**
 * Collect the rows of [position, next) into p->flush. Not while muted or collected.
 * @param checkpoint_max  bytes; 0: without a checkpoint
 */
void partition_collect(struct partition *p, size_t checkpoint_max, int64_t end_offset);

/* Read with these options from here on: nothing is fed and not stored. @return 0; ERR_STALE: to be claimed
 * anew; ERR_NOMEM */
int partition_reconfigure(struct partition *p, const struct classify_options *options, int64_t config);

/* Is a flush without records due, for its checkpoint: a search begins, or the configuration is another. */
bool partition_anchor_due(const struct partition *p);

/* p->flush is committed: position moves, the batch is empty again. */
void partition_committed(struct partition *p);

/* Muted rows are thrown away every so many records, so that a rebuild needs no more memory than reading. */
void partition_trim(struct partition *p, uint64_t records_max);

#endif
