/*
 * classify.h — the room's door: records in, rows out. One struct classify is the state of one partition:
 * its devices, their jobs, IKE_SAs, exchanges, tunnels and open incidents.
 *
 * Pure    no clock, no I/O, no random: the rows collected up to record P are a function of records [0, P) and
 * of the options alone, whatever was collected in between (the prefix property, design 3.2). Memory  bounded
 * by the options; a record's bytes are not kept after classify_feed() returns, except as copied evidence.
 * Threads none inside; one partition belongs to one worker. The catalogue and the inventory are const and may
 * be shared; the scratch belongs to the thread.
 */
#ifndef IKEWATCH_CLASSIFY_CLASSIFY_H
#define IKEWATCH_CLASSIFY_CLASSIFY_H

#include "classify/catalog.h"
#include "classify/match.h"
#include "classify/record.h"
#include "classify/base/zone.h"
#include "classify/row.h"

struct classify; /* opaque */
struct inventory;

/* What one line was bound to; told as soon as it is known, possibly some lines later, and again when it
 * changes. tunnel_id is 0 if the line belongs to no tunnel; ike_sa is -1 if to no IKE_SA. */
typedef void (*classify_bound_fn)(
    void *ctx, int64_t offset, int32_t daemon_run, int64_t ike_sa, struct span conn, uint64_t tunnel_id);

/* On what an incident's cause, or its blocker, was decided; told again when it changes or more facts come. */
struct classify_decision {
    uint64_t incident_id;
    uint64_t facts;            /* FACT_BIT of each */
    int rule;                  /* of cause_why.h; -1: none fits, or there is no blocker any more */
    bool blocker;              /* not of the cause */
    bool attempt;              /* one that failed, not a loss */
    int64_t lines[FACT_COUNT]; /* offset of the first line kept for each fact, -1: none */
};
typedef void (*classify_decided_fn)(void *ctx, const struct classify_decision *decision);

struct classify_options {
    const struct catalogue *catalogue; /* not NULL; outlives the classify */
    const struct inventory *inventory; /* NULL: none */
    int64_t flap_window_ms;            /* default 15 min */
    int64_t stay_down_after_ms;        /* default 10 min: CSCvx86427 stops being `possible` */
    uint32_t max_devices;              /* default 10000 */
    int16_t year;                      /* of stamps without one; 0: from the record's time */
    const struct zones *zones;         /* of stamps without one; NULL: UTC */
    classify_bound_fn bound;           /* NULL in the pipeline; analyze --attribution */
    void *bound_ctx;
    classify_decided_fn decided; /* NULL in the pipeline; explain --why */
    void *decided_ctx;
};

/* The defaults named above, with this catalogue. */
struct classify_options classify_defaults(const struct catalogue *catalogue);

/* @return NULL if memory is short or catalogue is NULL. */
struct classify *classify_new(const struct classify_options *options);
void classify_free(struct classify *c); /* NULL is fine */

/**
 * Feed the next record of the partition.
 * @param scratch  this thread's, of the same catalogue
 * @return RECORD_READ, or why it is a dead letter (the caller writes that row). A line of another program is
 * read and ignored.
 */
enum dead_reason classify_feed(struct classify *c, struct match_scratch *scratch, const struct record *r);

/* No more records will come (analyze): lines that wait for an earlier one are read as they
 * stand. A partition never ends, so ingest does not call this. */
void classify_finish(struct classify *c);

/* Adds every row that changed since the last collect, as it is now, to *out. Feeding then collecting nothing
 * is fine. */
void classify_collect(struct classify *c, struct rows *out);

/* The highest device-clock time seen, ms; TIME_NONE before the first line. */
int64_t classify_watermark(const struct classify *c);

struct classify_counts {
    uint64_t lines, charon, ftmd, other, unrecognised_charon, malformed;
    uint64_t late; /* stamps further back than lines may come out of order, or of a clock put back */
    uint64_t shed; /* exchanges, jobs, SAs or tunnels forgotten because a bound was reached */
};
struct classify_counts classify_counts(const struct classify *c);

/**
 * The state as bytes: versioned, checksummed, compressed (design 3.4).
 * @param out  *out is malloc()ed, the caller frees it
 * @return 0 or ERR_NOMEM
 */
int classify_save(const struct classify *c, char **out, size_t *len);

/**
 * Puts the state back into a fresh classify_new().
 * @return 0; ERR_STALE: of another version or damaged: the classify is as new, rebuild by replay.
 */
int classify_load(struct classify *c, const char *blob, size_t len);

#endif
