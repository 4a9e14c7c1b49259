/*
 * flush.h — the write side: claim a partition, load its checkpoint, and store a batch exactly once.
 *
 * One flush is one transaction of one partition (design 3.1, 3.3): first a compare-and-set of the position
 * (epoch and old value), then rows by COPY BINARY (new exchanges straight in, everything else through staging
 * and a set-based upsert), dead letters, an optional checkpoint. The position comes first so that its row is
 * locked before anything is written: a former owner is refused before it writes a row, and one that was
 * stopped amid its rows, whose keys its successor would wait for, is found and ended by the claim. Threads
 * one connection, one thread.
 */
#ifndef IKEWATCH_SCHEMA_FLUSH_H
#define IKEWATCH_SCHEMA_FLUSH_H

#include "classify/row.h"
#include "schema/pg.h"

struct partition_key {
    const char *group, *topic;
    int32_t partition;
};

struct claim {
    int64_t epoch;               /* of this claim; every commit checks it */
    int64_t position;            /* next offset to read as committed; 0 before the first */
    int64_t last_offset;         /* of the last record stored; LONG_NONE: not known */
    int64_t last_hash;           /* as in struct flush */
    int64_t checkpoint_position; /* the checkpoint's; LONG_NONE: there is none, replay from 0 */
    int64_t checkpoint_config;   /* of the configuration that made it, as in struct flush */
    struct span checkpoint;      /* malloc()ed, free((void *)checkpoint.ptr); ptr NULL: none */
    int64_t *refused; /* records before `position` that the database refused, ascending; malloc()ed */
    size_t refused_count;
};

/**
 * Take the partition: epoch + 1, owner and backend pid written; a previous owner's backend that still holds a
 * lock on the row is terminated (pg_terminate_backend) after the lock timeout. Makes the row if there is
 * none.
 * @param owner  "host:pid:member", shown by /v1/status
 * @return 0; as pg.h
 */
int partition_claim(struct pg *pg, const struct partition_key *key, const char *owner, struct claim *out);

struct flush {
    struct partition_key key;
    int64_t epoch;
    int64_t from, to;     /* position before and after: records [from, to) are in `rows` */
    int64_t watermark_ms; /* highest device clock, TIME_NONE: none yet */
    int64_t
        record_ms; /* highest record time so far, from which retention is measured; 0: take watermark_ms */
    int64_t end_offset;             /* high watermark of the partition as last known, -1: unknown */
    int64_t last_offset, last_hash; /* of the last record before `to`, the hash >= 0; LONG_NONE: as before */
    uint64_t dead_letter_max;       /* so many dead letters are kept, the others counted only; 0: all */
    const struct rows *rows;
    int64_t config;         /* hash of the configuration, >= 0: stored with the checkpoint */
    struct span checkpoint; /* the state at `to`; ptr NULL: not this time */
};

/* Day partitions that the rows need, made before the flush in a transaction of its own by one maker (advisory
 * lock, design 3.11). Keeps the days it made in *known, so that a steady load asks the database nothing.
 * @return 0 or an error */
struct known_days; /* opaque */
struct known_days *known_days_new(int64_t retention_ms);
void known_days_free(struct known_days *d);
int flush_prepare(struct pg *pg, struct known_days *known, const struct flush *f);

/**
 * @return 0 committed; ERR_FENCED: epoch or position is not ours any more, nothing was written: drop the
 * memory, claim again; ERR_DBCONN: unknown: reconnect and ask partition_position(); ERR_DBRETRY: nothing was
 * written, repeat both flush_prepare() and this; ERR_DBROW: a row was refused, nothing was written; ERR_DB: a
 * person must act, nothing was written
 */
int flush_commit(struct pg *pg, struct known_days *known, const struct flush *f);

/**
 * After a COMMIT of unknown outcome: the position, read FOR UPDATE on a new connection.
 * @return 0 and *position, *epoch
 */
int partition_position(struct pg *pg, const struct partition_key *key, int64_t *position, int64_t *epoch);

/* Ends the session that this claim was made in, if it is another than this and still there. @return 0 or an
 * error */
int partition_evict(struct pg *pg, const struct partition_key *key, int64_t epoch);

/* Every 5 s for every owned partition: end offset and heartbeat (design 3.15), so that the API knows lag and
 * owner. */
/**
 * @param moved  out: devices that came from another partition and wait for partition_moved()
 * @return 0; ERR_FENCED: the claim holds no more
 */
int partition_heartbeat(
    struct pg *pg, const struct partition_key *key, int64_t epoch, int64_t end_offset, size_t *moved);

/* @param from  partition; -1: a topic that was made anew */
typedef void (*moved_fn)(void *ctx, struct span device, int32_t from, size_t incidents);

/* Closes what these devices had open, and tells of each. @return 0; an error: nothing is written, tell again
 */
int partition_moved(struct pg *pg, const struct partition_key *key, moved_fn moved, void *ctx);

/* The records [from, to) are gone from Kafka before they were read; told once. */
int partition_gap(
    struct pg *pg, const struct partition_key *key, int64_t from, int64_t to, const char *reason);

/**
 * Reading goes on at `to`, which may be before or behind the position, and the gap is told.
 * @param anew  the records are others than those read so far: the checkpoint is dropped, the devices move
 * @return 0; ERR_FENCED
 */
int partition_restart(struct pg *pg, const struct partition_key *key, int64_t epoch, int64_t position,
    int64_t to, const char *reason, bool anew);

/* Within which time an outage must end to be a flap; a change recounts the rollups. Once at start, before the
 * first flush. */
int rollup_flap_window(struct pg *pg, int64_t flap_window_ms);

/* On a clean stop or revocation: owner cleared. Not ours any more is fine. */
int partition_release(struct pg *pg, const struct partition_key *key, int64_t epoch);

/* Every partition of the topic gets a row (owner NULL, position 0), so that /v1/status lists it before it is
 * owned. */
int partition_announce(struct pg *pg, const char *group, const char *topic, int32_t partitions);

#endif
