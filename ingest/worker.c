#include "ingest/worker_inside.h"

#include "classify/base/log.h"
#include "ingest/claim.h"
#include "ingest/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    FETCH_WAIT_MS = 50, /* also the finest step in which a batch's age is looked at */
    IDLE_MS = 200,
    HEARTBEAT_MS = 5000,
    FINISH_TRIES = 5,
    ARENA_MAX_BYTES = 32 * 1024 * 1024
};

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void settle(struct worker *w, struct partition *p, int rc)
{
    settle_answer(&w->settle, p, rc);
}

/* --- the database --- */

static int store(struct worker *w, struct partition *p)
{
    int rc = database_store(&w->db, p);
    if (rc == 0)
        database_answered(&w->db);
    if (rc == 0)
        consumer_commit(w->setup.consumer, p->key.partition, p->position);
    return rc;
}

void worker_flush(struct worker *w, struct partition *p)
{
    if (!p->collected)
        partition_collect(p, partition_checkpoint_due(p) ? w->setup.options->checkpoint_max_bytes : 0,
            consumer_end(w->setup.consumer, p->key.partition));
    settle(w, p, store(w, p));
}

/* After a COMMIT of unknown outcome (design 3.3). A server or proxy that hangs may hold the row. */
static void resolve_doubt(struct worker *w, struct partition *p)
{
    int64_t position = 0, epoch = 0;
    int rc = partition_position(w->db.pg, &p->key, &position, &epoch);
    if (rc == ERR_DBRETRY)
        partition_evict(w->db.pg, &p->key, p->epoch);
    if (rc) {
        settle(w, p, rc);
        return;
    }
    p->in_doubt = false;
    if (epoch == p->epoch && position == p->flush.to)
        partition_committed(p);
    else if (epoch != p->epoch || position != p->flush.from)
        settle(w, p, ERR_FENCED);
}

/* What an idle partition has to say is that the database is well again; a flush or claim to be repeated knows
 * better. */
static void calm(struct worker *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->partitions[i]->collected || w->partitions[i]->state == PARTITION_CLAIMING)
            return;
    database_answered(&w->db);
}

static bool connected(struct worker *w)
{
    bool opened = !w->db.pg;
    if (database_open(&w->db) == ERR_SCHEMA)
        atomic_store(&w->failed, true);
    for (size_t i = 0; i < w->count && w->db.pg; i++)
        if (w->partitions[i]->in_doubt && mailbox_now_ms() >= w->db.retry_at_ms)
            resolve_doubt(w, w->partitions[i]);
    if (opened && w->db.pg)
        calm(w);
    return w->db.pg != NULL;
}

/* --- a partition's way --- */

static bool batch_is_old(const struct worker *w, const struct partition *p, int64_t now_ms)
{
    return !p->muted && p->next > p->position && now_ms - p->first_ms >= w->setup.options->batch_max_ms;
}

/* Not while records of before the seek are still in hand. What was fed is stored first: a gap is told from
 * the position on. */
static void seek(struct worker *w, struct partition *p)
{
    if (w->at < w->fetched)
        return;
    if (p->collected || (p->lost && !p->muted && p->next > p->position)) {
        worker_flush(w, p);
        return;
    }
    if (p->lost)
        partition_doubt(p);
    p->rebalances = consumer_rebalances(w->setup.consumer);
    settle(w, p, claim_seek(&w->claim, &w->db, p));
}

static void advance(struct worker *w, struct partition *p, int64_t now_ms)
{
    switch (p->state) {
    case PARTITION_PARKED:
        if (now_ms >= p->wait_until_ms) {
            partition_drop(p);
            database_renew(&w->db);
        }
        break;
    case PARTITION_CLAIMING:
        if (now_ms >= p->wait_until_ms && now_ms >= w->db.retry_at_ms)
            settle(w, p, claim_partition(&w->claim, &w->db, p));
        break;
    case PARTITION_SEEKING:
        if (now_ms >= p->wait_until_ms && now_ms >= w->db.retry_at_ms)
            seek(w, p);
        break;
    case PARTITION_STOPPED:
        break;
    case PARTITION_READING:
        if (p->in_doubt || now_ms < w->db.retry_at_ms)
            break;
        if (p->collected || partition_anchor_due(p) || batch_is_old(w, p, now_ms))
            worker_flush(w, p);
        break;
    }
}

static void heartbeat(struct worker *w, struct partition *p)
{
    int64_t end = consumer_end(w->setup.consumer, p->key.partition);
    size_t moved = 0;
    int rc = partition_heartbeat(w->db.pg, &p->key, p->epoch, end, &moved);
    if (rc == 0 && moved)
        rc = partition_moved(w->db.pg, &p->key, claim_moved, p);
    if (rc == 0 && end >= p->position) {
        metrics_add(METRIC_LAG, end - p->position - p->lag);
        p->lag = end - p->position;
    }
    settle(w, p, rc);
}

static void heartbeats(struct worker *w, int64_t now_ms)
{
    if (now_ms < w->heartbeat_at_ms)
        return;
    w->heartbeat_at_ms = now_ms + HEARTBEAT_MS;
    for (size_t i = 0; i < w->count && w->db.pg; i++)
        if (w->partitions[i]->classify && !w->partitions[i]->in_doubt)
            heartbeat(w, w->partitions[i]);
    if (w->db.pg)
        calm(w);
}

static void announce(struct worker *w)
{
    int rc = partition_announce(w->db.pg, w->setup.options->group, w->setup.options->topic, w->announce);
    if (rc == 0)
        w->announce = 0;
    else if (rc == ERR_DBCONN)
        database_lost(&w->db);
    else
        database_hold(&w->db);
}

static void serve(struct worker *w)
{
    int64_t now_ms = mailbox_now_ms();
    if (w->announce && now_ms >= w->db.retry_at_ms)
        announce(w);
    for (size_t i = 0; i < w->count && w->db.pg; i++)
        advance(w, w->partitions[i], now_ms);
    if (w->db.pg)
        heartbeats(w, now_ms);
}

/* --- records --- */

static struct partition *find(const struct worker *w, int32_t number)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->partitions[i]->key.partition == number)
            return w->partitions[i];
    return NULL;
}

static void lose(struct partition *p, bool anew)
{
    p->lost = true;
    p->anew = anew;
    p->state = PARTITION_SEEKING;
}

/* @return true: it was a hole in which nothing was lost; the same once more. After a rebalance Kafka is asked
 * again from before the hole: the client may have made it. */
static bool again(const struct worker *w, struct partition *p, enum partition_fed fed)
{
    if (fed == PARTITION_FED || fed == PARTITION_IGNORED)
        return false;
    if (fed == PARTITION_HOLE && !p->fresh && p->rebalances == consumer_rebalances(w->setup.consumer) &&
        consumer_low(w->setup.consumer, p->key.partition) <= p->next)
        return true;
    lose(p, fed == PARTITION_ANEW);
    return false;
}

static void take_record(struct worker *w, struct partition *p, const struct record *r, int64_t now_ms)
{
    if (p->records == 0)
        p->first_ms = now_ms;
    while (again(w, p, partition_feed(p, w->scratch, r)))
        ;
    if (p->muted)
        partition_trim(p, w->setup.options->batch_max_records);
}

static void take_end(struct worker *w, struct partition *p, int64_t offset, int64_t now_ms)
{
    if (p->next == p->position)
        p->first_ms = now_ms;
    while (again(w, p, partition_end(p, offset)))
        ;
}

static bool batch_is_full(const struct worker *w, const struct partition *p)
{
    return !p->muted && p->state == PARTITION_READING &&
           (p->records >= partition_limit(p, w->setup.options->batch_max_records) ||
               arena_bytes(p->rows.arena) > ARENA_MAX_BYTES);
}

/* One run of records of the same partition; stops when its batch is full. */
static void take_run(struct worker *w, struct partition *p, int64_t now_ms)
{
    struct consumer_item item;
    int64_t began = cpu_ns();
    for (; w->at < w->fetched && !batch_is_full(w, p); w->at++) {
        consumer_item(w->queue, w->at, &item);
        if (item.partition != p->key.partition || p->state != PARTITION_READING)
            break;
        if (item.kind == ITEM_RECORD)
            take_record(w, p, &item.record, now_ms);
        else if (item.kind == ITEM_END)
            take_end(w, p, item.record.offset, now_ms);
    }
    p->feed_ns += cpu_ns() - began;
}

/* A partition whose flush is to be repeated can take nothing: the rest of what was fetched waits. */
static void read_batch(struct worker *w)
{
    if (w->at == w->fetched) {
        w->at = 0;
        w->fetched = consumer_fetch(w->queue, FETCH_WAIT_MS);
    }
    int64_t now_ms = mailbox_now_ms();
    while (w->at < w->fetched && w->db.pg) {
        struct consumer_item item;
        consumer_item(w->queue, w->at, &item);
        struct partition *p = find(w, item.partition);
        if (!p || p->state != PARTITION_READING) {
            w->at++;
            continue;
        }
        if (p->collected)
            return;
        take_run(w, p, now_ms);
        if (batch_is_full(w, p))
            worker_flush(w, p);
    }
    if (w->at == w->fetched)
        consumer_done(w->queue);
}

/* --- commands --- */

static bool finished(struct worker *w, struct partition *p)
{
    int rc = 0;
    if (p->collected)
        rc = store(w, p);
    if (rc == 0 && p->classify && !p->muted && p->next > 0 && p->checkpointed != p->next) {
        partition_collect(
            p, w->setup.options->checkpoint_max_bytes, consumer_end(w->setup.consumer, p->key.partition));
        rc = store(w, p);
    }
    bool refused = rc == ERR_DBROW || rc == ERR_DB; /* the next owner meets it again */
    if ((rc == 0 || refused) && p->classify)
        rc = partition_release(w->db.pg, &p->key, p->epoch);
    if (rc == ERR_DBRETRY) {
        mailbox_idle(&w->mailbox, database_jitter(&w->db, FETCH_WAIT_MS));
        return false;
    }
    if (rc == ERR_DBCONN)
        database_lost(&w->db);
    return true;
}

/* What cannot be flushed now is read again by the next owner: the position says from where. */
static void let_go(struct worker *w, size_t i, bool lost)
{
    struct partition *p = w->partitions[i];
    if (!lost && !p->in_doubt && !atomic_load(w->setup.aborting))
        for (int n = 0; n < FINISH_TRIES && w->db.pg && !finished(w, p); n++)
            ;
    w->partitions[i] = w->partitions[--w->count];
    partition_free(p);
}

static void take_partition(struct worker *w, int32_t number)
{
    struct partition *p = partition_new(w->setup.options, number);
    if (w->count == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct partition **grown = realloc(w->partitions, cap * sizeof(struct partition *));
        w->partitions = grown ? grown : w->partitions;
        w->cap = grown ? cap : w->cap;
    }
    if (!p || w->count == w->cap) {
        partition_free(p);
        atomic_store(&w->failed, true);
        log_error("ingest.memory", "partition=%d detail=%s", (int)number, log_quote("no memory to take it"));
        return;
    }
    w->partitions[w->count++] = p;
}

static void let_go_number(struct worker *w, int32_t number, bool lost)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->partitions[i]->key.partition == number) {
            let_go(w, i, lost);
            return;
        }
}

static void reread(struct worker *w, int32_t number)
{
    struct partition *p = find(w, number);
    if (p && p->state == PARTITION_READING && !p->collected)
        p->state = PARTITION_SEEKING;
}

static void obey(struct worker *w)
{
    struct command c;
    while (mailbox_take(&w->mailbox, &c)) {
        switch (c.kind) {
        case COMMAND_ASSIGN:
            take_partition(w, c.number);
            break;
        case COMMAND_REVOKE:
        case COMMAND_LOST:
            let_go_number(w, c.number, c.kind == COMMAND_LOST);
            break;
        case COMMAND_REREAD:
            reread(w, c.number);
            break;
        case COMMAND_ANNOUNCE:
            w->announce = c.number;
            break;
        case COMMAND_KNOW: /* reconfigure() looks */
            break;
        case COMMAND_STOP:
            w->stopping = true;
            break;
        }
        mailbox_done(&w->mailbox);
    }
}

/* --- the thread --- */

static void report(struct worker *w)
{
    struct settle_state state = {.failed = atomic_load(&w->failed),
        .connected = w->db.pg != NULL,
        .failures = w->db.failures,
        .database = w->db.reason,
        .refusal = w->settle.parked_reason};
    for (size_t i = 0; i < w->count; i++) {
        enum partition_state at = w->partitions[i]->state;
        state.parked += at == PARTITION_PARKED;
        state.stopped += at == PARTITION_STOPPED;
        state.waiting += at == PARTITION_CLAIMING || at == PARTITION_SEEKING;
    }
    pthread_mutex_lock(&w->lock);
    w->ready = settle_reason(&state, w->reason, sizeof(w->reason));
    pthread_mutex_unlock(&w->lock);
}

static bool set_up(struct worker *w)
{
    worker_use(w, w->setup.knowledge);
    w->scratch = match_scratch_new(w->knowledge->catalogue);
    w->claim =
        (struct claim_setup){w->setup.options, &w->classify, &w->config, w->setup.consumer, w->setup.owner};
    w->settle = (struct settle){.db = &w->db, .consumer = w->setup.consumer};
    int rc = database_init(&w->db, w->setup.options, w->setup.number);
    return w->scratch && rc == 0;
}

static void tear_down(struct worker *w)
{
    while (w->count)
        let_go(w, w->count - 1, false);
    consumer_done(w->queue);
    database_close(&w->db);
    match_scratch_free(w->scratch);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    if (!set_up(w))
        atomic_store(&w->failed, true);
    mailbox_done(&w->mailbox); /* the start */
    while (!w->stopping) {
        obey(w);
        bool up = !atomic_load(&w->failed) && connected(w);
        if (up)
            serve(w);
        if (up && w->db.pg)
            worker_reconfigure(w);
        report(w);
        if (up && w->db.pg && mailbox_now_ms() >= w->db.retry_at_ms)
            read_batch(w);
        else
            mailbox_idle(&w->mailbox, up ? FETCH_WAIT_MS : IDLE_MS);
    }
    tear_down(w);
    return NULL;
}

/* --- public --- */

struct worker *worker_new(const struct worker_setup *setup)
{
    struct worker *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->setup = *setup;
    pthread_mutex_init(&w->lock, NULL);
    w->queue = consumer_queue_new(setup->consumer);
    if (mailbox_init(&w->mailbox) || !w->queue) {
        worker_free(w);
        return NULL;
    }
    return w;
}

int worker_start(struct worker *w)
{
    w->mailbox.put = 1; /* the start itself is the first thing to be done */
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        return ERR_NOMEM;
    w->started = true;
    while (!mailbox_wait(&w->mailbox, mailbox_now_ms() + IDLE_MS))
        ;
    return atomic_load(&w->failed) ? ERR_NOMEM : 0;
}

static void command(struct worker *w, enum command_kind kind, int32_t number)
{
    mailbox_put(&w->mailbox, (struct command){kind, number});
    consumer_wake(w->queue);
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    if (w->started) {
        command(w, COMMAND_STOP, 0);
        pthread_join(w->thread, NULL);
    }
    consumer_queue_free(w->queue);
    mailbox_free(&w->mailbox);
    pthread_mutex_destroy(&w->lock);
    free(w->partitions);
    free(w);
}

struct consumer_queue *worker_queue(const struct worker *w)
{
    return w->queue;
}

void worker_assign(struct worker *w, int32_t partition)
{
    command(w, COMMAND_ASSIGN, partition);
}

void worker_revoke(struct worker *w, int32_t partition, bool lost)
{
    command(w, lost ? COMMAND_LOST : COMMAND_REVOKE, partition);
}

void worker_reread(struct worker *w, int32_t partition)
{
    command(w, COMMAND_REREAD, partition);
}

void worker_announce(struct worker *w, int32_t partitions)
{
    command(w, COMMAND_ANNOUNCE, partitions);
}

void worker_know(struct worker *w, const struct knowledge *k)
{
    pthread_mutex_lock(&w->lock);
    w->wanted = k;
    pthread_mutex_unlock(&w->lock);
    command(w, COMMAND_KNOW, 0);
}

const struct knowledge *worker_knows(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    const struct knowledge *k = w->wanted ? NULL : w->knowledge;
    pthread_mutex_unlock(&w->lock);
    return k;
}

bool worker_wait(struct worker *w, int64_t deadline_ms)
{
    return mailbox_wait(&w->mailbox, deadline_ms);
}

bool worker_ready(struct worker *w, char *reason, size_t cap)
{
    pthread_mutex_lock(&w->lock);
    bool ready = w->ready;
    span_copy(reason, cap, span_of(w->reason));
    pthread_mutex_unlock(&w->lock);
    return ready;
}

bool worker_failed(const struct worker *w)
{
    return atomic_load(&w->failed);
}
