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
#include "schema/flush.h"

enum partition_state {
    PARTITION_CLAIMING, /* not ours in the database yet; claim it at wait_until_ms */
    PARTITION_SEEKING,  /* claimed; Kafka has not been told where to read from */
    PARTITION_READING,
    PARTITION_PARKED, /* the database refuses; tried again from the claim at wait_until_ms */
};

struct partition {
    struct partition_key key;
    enum partition_state state;
    int64_t wait_until_ms;
    bool counted_owned;

    struct classify *classify;      /* NULL while not claimed */
    struct classify_counts counted; /* up to the last commit, for metrics */
    int64_t epoch, position, next;
    int64_t record_ms; /* highest record time */
    bool muted;        /* rebuilding */
    bool fresh;        /* nothing came since the last seek */
    int64_t hole; /* a fresh partition began behind `next` at this offset; seen twice, it is believed; -1 */
    int64_t lag;  /* as last told to the metrics */

    struct rows rows;
    uint64_t records, bytes; /* in [position, next), or since the last throwing away */
    int64_t first_ms;        /* monotonic, when the first of them was fed */
    bool collected; /* rows are complete and `flush` says what they are: nothing may be fed until it is
                       settled */
    bool in_doubt;  /* a COMMIT was sent and the connection lost */
    struct flush flush;
    char *checkpoint; /* of `flush`, malloc()ed */

    int64_t feed_ns; /* CPU spent feeding since the last checkpoint: what a restart would spend again */
    int64_t checkpoint_cost_ns; /* of the last one */
    int64_t checkpointed;       /* position of the last one, -1: none */
};

/* @return NULL if memory is short */
struct partition *partition_new(const struct ingest_options *options, int32_t number);
void partition_free(struct partition *p); /* NULL is fine */

/* Forget everything but the name; back to PARTITION_CLAIMING. */
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
    PARTITION_HOLE,    /* begins later than asked: seek to p->next once more */
};

/* @param gap  out: with PARTITION_FED, how many offsets before this one never came; 0 usually */
enum partition_fed partition_feed(
    struct partition *p, struct match_scratch *scratch, const struct record *r, int64_t *gap);

/* The end of the partition was seen at `offset`: a rebuild may be over although its last records are gone. */
void partition_end(struct partition *p, int64_t offset);

/* Are the state's records worth a checkpoint? At most every max(2 s of replay, 10 times what the last one
 * cost) (design 3.4). */
bool partition_checkpoint_due(const struct partition *p);

/**
 * Collect the rows of [position, next) into p->flush. Not while muted or collected.
 * @param checkpoint_max  bytes; 0: without a checkpoint
 */
void partition_collect(struct partition *p, size_t checkpoint_max, int64_t end_offset);

/* p->flush is committed: position moves, the batch is empty again. */
void partition_committed(struct partition *p);

/* Muted rows are thrown away every so many records, so that a rebuild needs no more memory than reading. */
void partition_trim(struct partition *p, uint64_t records_max);

#endif
