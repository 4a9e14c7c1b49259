/*
 * poison.h — the search for the record whose rows the database refuses (design 3.3, 3.12).
 *
 * A refused batch is read again in halves until one record is alone; that one becomes a dead letter and is
 * never fed to classify, neither now nor by a later replay, so that the content is as if it had not been
 * sent. Then the batches grow again by doubling, so that a run of such records costs two transactions each.
 * Bounded  more than BUDGET of them and more than 1 in 100 records: it is not the records. Then a person is
 * asked for, and the partition goes on in a minute.
 * Threads none inside; part of one partition. No I/O.
 */
#ifndef IKEWATCH_INGEST_POISON_H
#define IKEWATCH_INGEST_POISON_H

#include "classify/base/span.h"

enum { POISON_BUDGET = 100, POISON_DETAIL_BYTES = 320 };

struct poison {
    uint64_t limit;   /* a batch may hold so many records; 0: as many as ever */
    uint64_t suspect; /* so many records from the position on hold one that is refused; 0: not known of any */
    uint64_t first;   /* size of the batch that began it */
    int64_t culprit;  /* this record is to be a dead letter; -1: none */
    bool anchored;    /* a checkpoint at the position has been tried, so that each reading again is short */
    uint64_t found, read;
    char detail[POISON_DETAIL_BYTES]; /* SQLSTATE and message */
    const int64_t *known;             /* refused before, by offset; owned */
    size_t known_count;
};

enum poison_verdict {
    POISON_SEARCH,  /* read again from the position, at most `limit` records */
    POISON_FOUND,   /* the same, and `culprit` is named */
    POISON_HOPELESS /* not a record's fault, or too many: a person must act */
};

void poison_init(struct poison *p);

/* Forget the search; what is known to be refused stays. */
void poison_reset(struct poison *p);

void poison_free(struct poison *p);

/* The offsets that were refused before a claim, ascending; p frees them. */
void poison_know(struct poison *p, const int64_t *offsets, size_t count);

/**
 * The database refused a batch of `records` records whose last is `last`.
 * @param why  SQLSTATE and message, kept
 */
enum poison_verdict poison_refused(struct poison *p, uint64_t records, int64_t last, const char *why);

/* A batch of `records` records up to the offset `to` is committed. */
void poison_passed(struct poison *p, uint64_t records, int64_t to);

/* Not to be fed: it was refused, now or earlier. */
bool poison_holds(const struct poison *p, int64_t offset);

#endif
