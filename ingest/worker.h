/*
 * worker.h — a thread that owns partitions: their memory, its Hyperscan scratch, its connection and its
 * transactions.
 *
 * The consumer's thread tells it by commands which partitions are its own; nothing else is shared
 * (style 3.9). While the database is away the worker reads nothing: what Kafka sent ahead is bounded by
 * ingest.memory, the rest stays in Kafka. Threads worker_new/start/free main;
 * worker_assign/revoke/wait/reread the consumer's; worker_ready/failed any.
 */
#ifndef IKEWATCH_INGEST_WORKER_H
#define IKEWATCH_INGEST_WORKER_H

#include "ingest/consumer.h"

#include <stdatomic.h>

struct worker; /* opaque */
struct knowledge;

struct worker_setup { /* all of it outlives the worker */
    const struct ingest_options *options;
    const struct knowledge *knowledge; /* until worker_know() */
    struct consumer *consumer;
    const char *owner;           /* "host:pid:member" */
    const atomic_bool *aborting; /* set: end without a flush */
    unsigned number;
};

/* @return NULL if memory is short */
struct worker *worker_new(const struct worker_setup *setup);
/* Returns when the thread is ready for commands. @return 0 or ERR_NOMEM */
int worker_start(struct worker *w);
/* Ends the thread: what it still owns is flushed and released. NULL is fine. */
void worker_free(struct worker *w);

struct consumer_queue *worker_queue(const struct worker *w);

void worker_assign(struct worker *w, int32_t partition);
void worker_revoke(struct worker *w, int32_t partition, bool lost);
void worker_reread(
    struct worker *w, int32_t partition); /* a record went astray: read again from the next one fed */
void worker_announce(struct worker *w, int32_t partitions); /* the topic has so many */

/* Read with this from a flush soon to come on. What it had before is in use until worker_knows() says so. */
void worker_know(struct worker *w, const struct knowledge *k);
const struct knowledge *worker_knows(struct worker *w);

/* Until every command given is carried out, or the monotonic deadline passed. @return false: it passed */
bool worker_wait(struct worker *w, int64_t deadline_ms);

/* @return false and why not, in words; true with a reason too when partitions are still to be claimed */
bool worker_ready(struct worker *w, char *reason, size_t cap);
/* Stopped for good: the schema does not fit. */
bool worker_failed(const struct worker *w);

#endif
