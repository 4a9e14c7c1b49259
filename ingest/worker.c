#include "ingest/worker.h"

#include "classify/base/log.h"
#include "ingest/claim.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    FETCH_WAIT_MS = 50, /* also the finest step in which a batch's age is looked at */
    IDLE_MS = 200,
    RECLAIM_MS = 1000,
    PARKED_MS = 60000, /* a person may have freed the disk or granted the right meanwhile */
    HEARTBEAT_MS = 5000,
    FINISH_TRIES = 5,
    ARENA_MAX_BYTES = 32 * 1024 * 1024
};

struct worker {
    struct worker_setup setup;
    struct classify_options classify;
    struct consumer_queue *queue;
    size_t fetched, at; /* of the records fetched, those before `at` are done with */
    struct match_scratch *scratch;
    struct database db;
    struct claim_setup claim;
    struct partition **partitions;
    size_t count, cap;
    int64_t heartbeat_at_ms;
    int32_t announce; /* partitions to be announced, 0: done */
    bool stopping, started;
    pthread_t thread;
    struct mailbox mailbox;
    pthread_mutex_t lock; /* reason, ready */
    char reason[256];
    bool ready;
    atomic_bool failed;
};

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void park(struct worker *w, struct partition *p)
{
    log_error("ingest.parked", "topic=%s partition=%d position=%lld sqlstate=%s detail=%s remedy=%s",
        log_quote(p->key.topic), (int)p->key.partition, (long long)p->position, pg_sqlstate(w->db.pg),
        log_quote(pg_error(w->db.pg)),
        log_quote("the database refuses what this partition writes; nothing is lost, it is tried again every "
                  "minute"));
    consumer_pause(w->setup.consumer, p->key.partition);
    partition_drop(p);
    p->state = PARTITION_PARKED;
    p->wait_until_ms = mailbox_now_ms() + PARKED_MS;
    metrics_add(METRIC_PARKED, 1);
}

static void give_up_claim(struct worker *w, struct partition *p)
{
    log_warn("ingest.fenced", "topic=%s partition=%d epoch=%lld detail=%s", log_quote(p->key.topic),
        (int)p->key.partition, (long long)p->epoch,
        log_quote("another process took it; its memory is dropped, and it is claimed again if Kafka leaves "
                  "it here"));
    metrics_add(METRIC_FENCED, 1);
    consumer_pause(w->setup.consumer, p->key.partition);
    partition_drop(p);
    p->wait_until_ms = mailbox_now_ms() + database_jitter(&w->db, 2 * RECLAIM_MS);
}

/* The one place that decides what an answer of the database means for a partition (style 3.1). */
static void settle(struct worker *w, struct partition *p, int rc)
{
    switch (rc) {
    case 0:
        w->db.failures = 0;
        break;
    case ERR_DBRETRY: /* nothing was written: the same rows again */
        metrics_add(METRIC_DB_RETRIES, 1);
        database_hold(&w->db);
        break;
    case ERR_DBCONN: /* what was sent may have happened: resolve_doubt() asks */
        p->in_doubt = p->collected;
        database_lost(&w->db);
        break;
    case ERR_FENCED:
        give_up_claim(w, p);
        break;
    default:
        park(w, p);
    }
}

/* --- the database --- */

static int store(struct worker *w, struct partition *p)
{
    int rc = database_store(&w->db, p);
    if (rc == 0)
        consumer_commit(w->setup.consumer, p->key.partition, p->position);
    return rc;
}

static void flush(struct worker *w, struct partition *p)
{
    if (!p->collected)
        partition_collect(p, partition_checkpoint_due(p) ? w->setup.options->checkpoint_max_bytes : 0,
            consumer_end(w->setup.consumer, p->key.partition));
    settle(w, p, store(w, p));
}

/* After a COMMIT of unknown outcome (design 3.3). */
static void resolve_doubt(struct worker *w, struct partition *p)
{
    int64_t position = 0, epoch = 0;
    int rc = partition_position(w->db.pg, &p->key, &position, &epoch);
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

static bool connected(struct worker *w)
{
    if (w->db.pg)
        return true;
    int rc = database_open(&w->db);
    if (rc == ERR_SCHEMA)
        atomic_store(&w->failed, true);
    for (size_t i = 0; i < w->count && w->db.pg; i++)
        if (w->partitions[i]->in_doubt)
            resolve_doubt(w, w->partitions[i]);
    return w->db.pg != NULL;
}

/* --- a partition's way --- */

static bool batch_is_old(const struct worker *w, const struct partition *p, int64_t now_ms)
{
    return !p->muted && p->records && now_ms - p->first_ms >= w->setup.options->batch_max_ms;
}

static void advance(struct worker *w, struct partition *p, int64_t now_ms)
{
    switch (p->state) {
    case PARTITION_PARKED:
        if (now_ms >= p->wait_until_ms)
            partition_drop(p);
        break;
    case PARTITION_CLAIMING:
        if (now_ms >= p->wait_until_ms && now_ms >= w->db.retry_at_ms)
            settle(w, p, claim_partition(&w->claim, &w->db, p));
        break;
    case PARTITION_SEEKING:
        if (now_ms >= p->wait_until_ms)
            claim_seek(&w->claim, p);
        break;
    case PARTITION_READING:
        if (p->collected ? now_ms >= w->db.retry_at_ms : batch_is_old(w, p, now_ms))
            flush(w, p);
        break;
    }
}

static void heartbeat(struct worker *w, struct partition *p)
{
    int64_t end = consumer_end(w->setup.consumer, p->key.partition);
    int rc = partition_heartbeat(w->db.pg, &p->key, p->epoch, end);
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

static void take_record(struct worker *w, struct partition *p, const struct record *r, int64_t now_ms)
{
    int64_t gap;
    if (p->records == 0)
        p->first_ms = now_ms;
    switch (partition_feed(p, w->scratch, r, &gap)) {
    case PARTITION_FED:
        if (gap)
            claim_gap(&w->claim, &w->db, p, r->offset, gap);
        break;
    case PARTITION_HOLE:
        p->state = PARTITION_SEEKING;
        break;
    case PARTITION_IGNORED:
        break;
    }
    if (p->muted)
        partition_trim(p, w->setup.options->batch_max_records);
}

static bool batch_is_full(const struct worker *w, const struct partition *p)
{
    return !p->muted && p->state == PARTITION_READING &&
           (p->records >= w->setup.options->batch_max_records ||
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
            partition_end(p, item.record.offset);
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
            flush(w, p);
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
    if (rc == 0 && p->classify)
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
    size_t parked = 0, waiting = 0;
    for (size_t i = 0; i < w->count; i++) {
        parked += w->partitions[i]->state == PARTITION_PARKED;
        waiting +=
            w->partitions[i]->state == PARTITION_CLAIMING || w->partitions[i]->state == PARTITION_SEEKING;
    }
    pthread_mutex_lock(&w->lock);
    w->ready = w->db.pg && !parked;
    if (atomic_load(&w->failed))
        snprintf(
            w->reason, sizeof(w->reason), "the database's schema does not fit this program; see the log");
    else if (!w->db.pg)
        snprintf(w->reason, sizeof(w->reason), "no connection to the database");
    else if (parked)
        snprintf(w->reason, sizeof(w->reason),
            "%zu partition(s) stopped, the database refuses their rows; see the log", parked);
    else if (waiting)
        snprintf(w->reason, sizeof(w->reason), "%zu partition(s) still to be claimed", waiting);
    else
        w->reason[0] = '\0';
    pthread_mutex_unlock(&w->lock);
}

static bool set_up(struct worker *w)
{
    w->scratch = match_scratch_new(w->setup.catalogue);
    w->classify = classify_defaults(w->setup.catalogue);
    w->classify.inventory = w->setup.inventory;
    w->classify.zones = w->setup.zones;
    w->classify.flap_window_ms = w->setup.options->flap_window_ms;
    w->classify.stay_down_after_ms = w->setup.options->stay_down_after_ms;
    w->classify.max_devices = (uint32_t)w->setup.options->max_devices;
    w->claim = (struct claim_setup){w->setup.options, &w->classify, w->setup.consumer, w->setup.owner};
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
