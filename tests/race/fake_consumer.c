#include "tests/race/fake_consumer.h"

#include "ingest/consumer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FETCH_MAX = 64, TEXT_MAX = 160, PACE_MS = 15, STRAY_EVERY = 5 };

struct item {
    enum consumer_item_kind kind;
    int32_t partition;
    int64_t offset;
    char text[TEXT_MAX];
};

struct consumer_queue {
    struct consumer *c;
    struct item items[FETCH_MAX];
    size_t count;
};

struct assignment {
    bool assigned, paused, ended;
    int64_t at;
    struct consumer_queue *queue;
};

struct consumer {
    _Atomic uint64_t rebalances;
    struct consumer_handlers handlers;
    pthread_mutex_t lock; /* the assignments */
    pthread_cond_t changed;
    struct assignment list[FAKE_PARTITIONS];
    atomic_bool stopping;
};

static int64_t records;
static uint64_t seed;
static atomic_uint count;
static atomic_bool calm;

void fake_consumer_set(int64_t records_per_partition, uint64_t seed_of_all)
{
    records = records_per_partition;
    seed = seed_of_all;
}

unsigned fake_consumer_count(void)
{
    return atomic_load(&count);
}

void fake_consumer_calm(void)
{
    atomic_store(&calm, true);
}

static uint64_t draw(uint64_t below)
{
    seed = hash_mix(seed, 1);
    return seed % below;
}

static void pace(void)
{
    const struct timespec t = {0, PACE_MS * 1000000L};
    nanosleep(&t, NULL);
}

/* --- the group --- */

static void take_away(struct consumer *c, uint64_t which, bool lost)
{
    int32_t list[FAKE_PARTITIONS];
    size_t n = 0;
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++)
        if (c->list[p].assigned && (which >> p & 1))
            list[n++] = p;
    c->handlers.revoked(c->handlers.ctx, list, n, lost);
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < n; i++)
        c->list[list[i]].assigned = false;
    pthread_mutex_unlock(&c->lock);
}

static void give(struct consumer *c, uint64_t which)
{
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        if (c->list[p].assigned || !(which >> p & 1))
            continue;
        struct consumer_queue *q = c->handlers.assigned(c->handlers.ctx, p);
        pthread_mutex_lock(&c->lock);
        c->list[p] = (struct assignment){.assigned = true, .paused = true, .queue = q};
        pthread_mutex_unlock(&c->lock);
    }
}

static void rebalance(struct consumer *c)
{
    atomic_fetch_add(&c->rebalances, 1);
    take_away(c, draw(1 << FAKE_PARTITIONS), draw(4) == 0);
    if (draw(STRAY_EVERY) == 0)
        c->handlers.strayed(c->handlers.ctx, (int32_t)draw(FAKE_PARTITIONS));
    pace();
    give(c, draw(1 << FAKE_PARTITIONS));
    atomic_fetch_add(&count, 1);
}

void consumer_run(struct consumer *c)
{
    c->handlers.counted(c->handlers.ctx, FAKE_PARTITIONS);
    give(c, UINT64_MAX);
    while (!atomic_load(&c->stopping)) {
        pace();
        if (atomic_load(&calm))
            give(c, UINT64_MAX);
        else
            rebalance(c);
    }
    take_away(c, UINT64_MAX, false);
}

void consumer_stop(struct consumer *c)
{
    atomic_store(&c->stopping, true);
}

int consumer_open(const struct ingest_options *options, const char *member,
    const struct consumer_handlers *handlers, struct consumer **out)
{
    (void)options;
    (void)member;
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return ERR_NOMEM;
    (*out)->handlers = *handlers;
    pthread_mutex_init(&(*out)->lock, NULL);
    pthread_cond_init(&(*out)->changed, NULL);
    return 0;
}

void consumer_close(struct consumer *c)
{
    free(c);
}

enum consumer_state consumer_state(const struct consumer *c)
{
    (void)c;
    return CONSUMER_UP;
}

/* --- queues --- */

struct consumer_queue *consumer_queue_new(struct consumer *c)
{
    struct consumer_queue *q = calloc(1, sizeof(*q));
    if (q)
        q->c = c;
    return q;
}

void consumer_queue_free(struct consumer_queue *q)
{
    free(q);
}

static void fill(struct consumer_queue *q, int32_t p, struct assignment *a)
{
    for (int n = 0; n < FETCH_MAX / FAKE_PARTITIONS - 1 && a->at < records; n++) {
        struct item *item = &q->items[q->count++];
        item->kind = ITEM_RECORD;
        item->partition = p;
        item->offset = a->at++;
        snprintf(item->text, sizeof(item->text),
            "Apr  1 00:24:08 vedge%02d charon: 05[IKE] retransmit %d of request with message ID %d", (int)p,
            (int)(item->offset % 5), (int)(item->offset / 5));
    }
    if (a->at < records || a->ended)
        return;
    a->ended = true;
    q->items[q->count++] = (struct item){.kind = ITEM_END, .partition = p, .offset = records};
}

size_t consumer_fetch(struct consumer_queue *q, int timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + (int64_t)timeout_ms * 1000000;
    until = (struct timespec){until.tv_sec + (time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    q->count = 0;
    pthread_mutex_lock(&q->c->lock);
    for (int32_t p = 0; p < FAKE_PARTITIONS; p++) {
        struct assignment *a = &q->c->list[p];
        if (a->assigned && !a->paused && a->queue == q)
            fill(q, p, a);
    }
    if (q->count == 0)
        pthread_cond_timedwait(&q->c->changed, &q->c->lock, &until);
    pthread_mutex_unlock(&q->c->lock);
    return q->count;
}

void consumer_item(const struct consumer_queue *q, size_t i, struct consumer_item *out)
{
    const struct item *item = &q->items[i];
    out->kind = item->kind;
    out->partition = item->partition;
    out->record = (struct record){
        .value = span_of(item->text), .key = SPAN_NONE, .time_ms = 1743501600000, .offset = item->offset};
}

void consumer_done(struct consumer_queue *q)
{
    q->count = 0;
}

void consumer_wake(struct consumer_queue *q)
{
    pthread_mutex_lock(&q->c->lock);
    pthread_cond_broadcast(&q->c->changed);
    pthread_mutex_unlock(&q->c->lock);
}

int consumer_start(struct consumer *c, int32_t partition, int64_t offset)
{
    pthread_mutex_lock(&c->lock);
    struct assignment *a = &c->list[partition];
    bool assigned = a->assigned;
    a->at = offset;
    a->paused = a->ended = false;
    pthread_mutex_unlock(&c->lock);
    return assigned ? 0 : ERR_KAFKA;
}

void consumer_pause(struct consumer *c, int32_t partition)
{
    pthread_mutex_lock(&c->lock);
    c->list[partition].paused = true;
    pthread_mutex_unlock(&c->lock);
}

void consumer_commit(struct consumer *c, int32_t partition, int64_t offset)
{
    (void)c;
    (void)partition;
    (void)offset;
}

int64_t consumer_end(struct consumer *c, int32_t partition)
{
    (void)c;
    (void)partition;
    return records;
}

uint64_t consumer_rebalances(const struct consumer *c)
{
    return atomic_load(&c->rebalances);
}

int64_t consumer_low(struct consumer *c, int32_t partition)
{
    (void)c;
    (void)partition;
    return 0;
}

int consumer_range(struct consumer *c, int32_t partition, int64_t *low, int64_t *high)
{
    *low = consumer_low(c, partition);
    *high = consumer_end(c, partition);
    return 0;
}

int64_t consumer_offset_before(struct consumer *c, int32_t partition, int64_t position, int64_t window_ms)
{
    (void)c;
    (void)partition;
    (void)position;
    (void)window_ms;
    return 0;
}
