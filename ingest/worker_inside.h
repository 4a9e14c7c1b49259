/*
 * worker_inside.h — the inside of a worker, for worker.c and worker_swap.c; nobody else includes it.
 */
#ifndef IKEWATCH_INGEST_WORKER_INSIDE_H
#define IKEWATCH_INGEST_WORKER_INSIDE_H

#include "ingest/claim.h"
#include "ingest/knowledge.h"
#include "ingest/mailbox.h"
#include "ingest/settle.h"
#include "ingest/worker.h"

#include <pthread.h>

struct worker {
    struct worker_setup setup;
    struct classify_options classify;
    struct consumer_queue *queue;
    size_t fetched, at; /* of the records fetched, those before `at` are done with */
    struct match_scratch *scratch;
    const struct knowledge *knowledge; /* in use, under the lock when it is changed */
    const struct knowledge *wanted;    /* to be used next, under the lock; NULL: nothing new */
    int64_t config;
    struct database db;
    struct claim_setup claim;
    struct settle settle;
    struct partition **partitions;
    size_t count, cap;
    int64_t heartbeat_at_ms;
    int32_t announce; /* partitions to be announced, 0: done */
    bool stopping, started;
    pthread_t thread;
    struct mailbox mailbox;
    pthread_mutex_t lock; /* reason, ready */
    char reason[512];
    bool ready;
    atomic_bool failed;
};

/* Collects, if it is not yet, stores and settles. */
void worker_flush(struct worker *w, struct partition *p);

/* What partitions are claimed with from here on. */
void worker_use(struct worker *w, const struct knowledge *k);

/* Takes over what worker_know() brought, when all is stored; else it is tried again. The database is there.
 */
void worker_reconfigure(struct worker *w);

#endif
