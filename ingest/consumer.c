#include "ingest/consumer.h"

#include "classify/base/log.h"
#include "ingest/consumer_conf.h"
#include "ingest/metrics.h"
#include "ingest/orphan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    POLL_MS = 200,
    FETCH_MAX = 2048,    /* records handed to a worker at once */
    CHECK_UP_MS = 10000, /* new partitions are seen this soon */
    CHECK_DOWN_MS = 1000,
    ASK_MS = 2000,
    COMMIT_MS = 5000,
    CHECK_ASK_MS = 1000 /* bounds how long a stop waits for check() */
};

struct consumer {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    char *topic_name, *group, *brokers;
    struct orphan_watch orphans; /* consumer_run()'s thread */
    struct consumer_handlers handlers;
    int32_t partitions; /* of the topic as last heard; consumer_run()'s thread */
    int64_t check_at_ms;
    _Atomic int state;
    atomic_bool stopping;
    _Atomic uint64_t rebalances;
    pthread_mutex_t lock; /* the two below */
    int64_t *stored;      /* offset by partition to be committed to Kafka, -1: none */
    size_t stored_cap;
    int64_t commit_at_ms;
};

struct consumer_queue {
    rd_kafka_queue_t *queue;
    ssize_t count;
    rd_kafka_message_t *messages[FETCH_MAX];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static rd_kafka_topic_partition_list_t *one_partition(
    const struct consumer *c, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, c->topic_name, partition)->offset = offset;
    return list;
}

/* --- state of the connection: said once per change --- */

static void say_state(const struct consumer *c, enum consumer_state state)
{
    char remedy[512];
    switch (state) {
    case CONSUMER_UP:
        log_info("kafka.up", "brokers=%s topic=%s partitions=%d", log_quote(c->brokers),
            log_quote(c->topic_name), (int)c->partitions);
        break;
    case CONSUMER_NO_BROKER:
        log_warn("kafka.no_broker", "brokers=%s remedy=%s", log_quote(c->brokers),
            log_quote("no broker answers; start Kafka or correct --brokers. Trying on"));
        break;
    case CONSUMER_NO_TOPIC:
        snprintf(remedy, sizeof(remedy),
            "deploy/up creates it, or: kafka-topics.sh --bootstrap-server %s --create --topic %s "
            "--partitions 8. Trying on",
            c->brokers, c->topic_name);
        log_warn("kafka.no_topic", "topic=%s remedy=%s", log_quote(c->topic_name), log_quote(remedy));
        break;
    default:
        break;
    }
}

static void set_state(struct consumer *c, enum consumer_state state)
{
    enum consumer_state old = atomic_load(&c->state);
    if (old == state || old == CONSUMER_FAILED)
        return;
    atomic_store(&c->state, (int)state);
    say_state(c, state);
}

static void take_metadata(struct consumer *c, const rd_kafka_metadata_t *md)
{
    if (md->topic_cnt != 1 || md->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        set_state(c, CONSUMER_NO_TOPIC);
        return;
    }
    if (md->topics[0].err || md->topics[0].partition_cnt == 0)
        return; /* leader not available and the like: heard again in a moment */
    bool changed = c->partitions != md->topics[0].partition_cnt;
    c->partitions = md->topics[0].partition_cnt;
    set_state(c, CONSUMER_UP);
    if (changed)
        c->handlers.counted(c->handlers.ctx, c->partitions);
}

/* Asks for the topic: the only sure sign that brokers are back, and that the topic is there or has grown. */
static void check(struct consumer *c)
{
    const rd_kafka_metadata_t *md = NULL;
    if (now_ms() < c->check_at_ms)
        return;
    if (rd_kafka_metadata(c->rk, 0, c->topic, &md, CHECK_ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        take_metadata(c, md);
        rd_kafka_metadata_destroy(md);
    } else {
        set_state(c, CONSUMER_NO_BROKER);
    }
    c->check_at_ms = now_ms() + (atomic_load(&c->state) == CONSUMER_UP ? CHECK_UP_MS : CHECK_DOWN_MS);
}

/* For good, as far as librdkafka goes: the process ends, and whoever watches it starts it again. */
static void fatal(struct consumer *c)
{
    char text[512];
    rd_kafka_resp_err_t cause = rd_kafka_fatal_error(c->rk, text, sizeof(text));
    log_error("kafka.fatal", "code=%s detail=%s remedy=%s", rd_kafka_err2name(cause), log_quote(text),
        log_quote(
            "the process ends, to be started again; if it recurs: is another ikewatch running under the "
            "same host name with another state directory?"));
    atomic_store(&c->state, CONSUMER_FAILED);
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct consumer *c = opaque;
    (void)rk;
    metrics_add(METRIC_KAFKA_ERRORS, 1);
    if (err == RD_KAFKA_RESP_ERR__FATAL) {
        fatal(c);
    } else if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        set_state(c, CONSUMER_NO_BROKER);
        c->check_at_ms = 0;
    } else if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL) {
        log_error("kafka.login", "detail=%s remedy=%s", log_quote(reason),
            log_quote("check the -X security.*, sasl.* and ssl.* properties"));
    } else {
        log_debug("kafka.error", "code=%s detail=%s", rd_kafka_err2name((rd_kafka_resp_err_t)err),
            log_quote(reason));
    }
}

/* --- offsets committed to Kafka --- */

static rd_kafka_topic_partition_list_t *take_stored(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->stored_cap; i++) {
        if (c->stored[i] >= 0)
            rd_kafka_topic_partition_list_add(list, c->topic_name, (int32_t)i)->offset = c->stored[i];
        c->stored[i] = -1;
    }
    pthread_mutex_unlock(&c->lock);
    return list;
}

/* Rarely, and never while the membership is in doubt: a commit under a member's former id, sent after a
 * broker was away, is answered by fencing the static member, which librdkafka takes for the end. */
static void commit_stored(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *list = take_stored(c);
    if (list->cnt && atomic_load(&c->state) == CONSUMER_UP && !rd_kafka_assignment_lost(c->rk))
        rd_kafka_commit(c->rk, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
    c->commit_at_ms = now_ms() + COMMIT_MS;
}

/* --- rebalance --- */

/* Forwarded before the assignment, so that no record takes the way over the consumer's own queue. */
static void route(struct consumer *c, int32_t partition)
{
    struct consumer_queue *q = c->handlers.assigned(c->handlers.ctx, partition);
    rd_kafka_queue_t *source = rd_kafka_queue_get_partition(c->rk, c->topic_name, partition);
    rd_kafka_queue_forward(source, q->queue);
    rd_kafka_queue_destroy(source);
}

static void said(rd_kafka_error_t *error, const char *what)
{
    if (!error)
        return;
    log_error(what, "detail=%s", log_quote(rd_kafka_error_string(error)));
    rd_kafka_error_destroy(error);
}

/* Only partitions of our topic: a group that is shared with another topic's readers may be handed theirs for
 * a moment. */
static rd_kafka_topic_partition_list_t *ours(
    const struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *own = rd_kafka_topic_partition_list_new(list->cnt + 1);
    for (int i = 0; i < list->cnt; i++)
        if (strcmp(list->elems[i].topic, c->topic_name) == 0)
            rd_kafka_topic_partition_list_add(own, c->topic_name, list->elems[i].partition);
    if (own->cnt < list->cnt)
        log_warn("kafka.foreign", "topic=%s partitions=%d remedy=%s", log_quote(c->topic_name),
            list->cnt - own->cnt,
            log_quote(
                "the group holds partitions of another topic; give each topic a group of its own: -G GROUP"));
    return own;
}

static void assign(struct consumer *c, rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = 0; /* any: it is paused, and the worker says where to start */
        route(c, list->elems[i].partition);
    }
    rd_kafka_pause_partitions(c->rk, list);
    said(rd_kafka_incremental_assign(c->rk, list), "kafka.assign");
}

static void unassign(struct consumer *c, rd_kafka_topic_partition_list_t *list)
{
    int32_t *partitions = calloc((size_t)list->cnt + 1, sizeof(*partitions));
    for (int i = 0; partitions && i < list->cnt; i++)
        partitions[i] = list->elems[i].partition;
    if (partitions)
        c->handlers.revoked(
            c->handlers.ctx, partitions, (size_t)list->cnt, rd_kafka_assignment_lost(c->rk) != 0);
    free(partitions);
    commit_stored(c);
    said(rd_kafka_incremental_unassign(c->rk, list), "kafka.unassign");
}

static void on_rebalance(
    rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct consumer *c = opaque;
    rd_kafka_topic_partition_list_t *own = ours(c, list);
    metrics_add(METRIC_REBALANCES, 1);
    atomic_fetch_add(&c->rebalances, 1); /* before the call by which librdkafka goes on */
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        log_info("kafka.assigned", "topic=%s partitions=%d", log_quote(c->topic_name), own->cnt);
        assign(c, own);
    } else if (err == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        log_info("kafka.revoked", "topic=%s partitions=%d lost=%s", log_quote(c->topic_name), own->cnt,
            rd_kafka_assignment_lost(rk) ? "yes" : "no");
        unassign(c, own);
    } else {
        log_error("kafka.rebalance", "detail=%s", log_quote(rd_kafka_err2str(err)));
        rd_kafka_assign(rk, NULL);
    }
    rd_kafka_topic_partition_list_destroy(own);
}

/* --- opening --- */

static const char *const reserved[] = {"bootstrap.servers", "metadata.broker.list", "group.id",
    "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof",
    "partition.assignment.strategy", "isolation.level", NULL};

static int fill(rd_kafka_conf_t *conf, const struct ingest_options *options, const char *member)
{
    const char *const pairs[][2] = {
        {"bootstrap.servers", options->brokers},
        {"group.id", options->group},
        {"client.id", "ikewatch"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"}, /* "error" would end the partition for good; claim.c sees it */
        {"enable.partition.eof", "true"},
        {"isolation.level", "read_committed"},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", "10000"},
        {"topic.metadata.refresh.interval.ms", "10000"}, /* a topic made later is joined this soon */
        {"reconnect.backoff.max.ms", "2000"},
        {"fetch.wait.max.ms", "100"},
        {"queued.min.messages", "100000"},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(pairs) / sizeof(pairs[0]); i++)
        rc = consumer_conf_set(conf, pairs[i][0], pairs[i][1]);
    if (rc == 0)
        rc = consumer_conf_set_list(conf, options->kafka_properties, reserved);
    rd_kafka_conf_set_log_cb(conf, consumer_conf_log);
    if (rc == 0)
        rc = consumer_conf_set_memory(conf, options->topic, options->memory_bytes);
    if (rc == 0) /* only now: the client that asked for the partitions was no member */
        rc = consumer_conf_set(conf, "group.instance.id", member);
    return rc;
}

static int open_client(struct consumer *c, rd_kafka_conf_t *conf)
{
    char error[256];
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_opaque(conf, c);
    c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
    if (!c->rk) {
        rd_kafka_conf_destroy(conf);
        log_error("kafka.client", "detail=%s", log_quote(error));
        return ERR_CONFIG;
    }
    rd_kafka_poll_set_consumer(c->rk);
    c->topic = rd_kafka_topic_new(c->rk, c->topic_name, NULL);
    return c->topic ? 0 : ERR_KAFKA;
}

int consumer_open(const struct ingest_options *options, const char *member,
    const struct consumer_handlers *handlers, struct consumer **out)
{
    struct consumer *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NOMEM;
    pthread_mutex_init(&c->lock, NULL);
    c->handlers = *handlers;
    c->topic_name = strdup(options->topic);
    c->group = strdup(options->group);
    c->brokers = strdup(options->brokers);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int rc = c->topic_name && c->group && c->brokers ? fill(conf, options, member) : ERR_NOMEM;
    if (rc)
        rd_kafka_conf_destroy(conf);
    else
        rc = open_client(c, conf);
    if (rc) {
        consumer_close(c);
        c = NULL;
    }
    *out = c;
    return rc;
}

void consumer_close(struct consumer *c)
{
    if (!c)
        return;
    if (c->topic)
        rd_kafka_topic_destroy(c->topic);
    if (c->rk)
        rd_kafka_destroy(c->rk);
    pthread_mutex_destroy(&c->lock);
    free(c->stored);
    free(c->topic_name);
    free(c->group);
    free(c->brokers);
    free(c);
}

/* --- running --- */

static void take_message(struct consumer *c, rd_kafka_message_t *m)
{
    switch (m->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        c->handlers.strayed(c->handlers.ctx, m->partition);
        break;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        set_state(c, CONSUMER_NO_TOPIC);
        c->check_at_ms = 0;
        break;
    case RD_KAFKA_RESP_ERR__FATAL:
        fatal(c);
        break;
    default:
        metrics_add(METRIC_KAFKA_ERRORS, 1);
        log_warn("kafka.consume", "code=%s detail=%s", rd_kafka_err2name(m->err),
            log_quote(rd_kafka_message_errstr(m)));
    }
    rd_kafka_message_destroy(m);
}

static void subscribe(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *list = one_partition(c, RD_KAFKA_PARTITION_UA, 0);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(c->rk, list);
    if (err)
        log_error("kafka.subscribe", "topic=%s detail=%s", log_quote(c->topic_name),
            log_quote(rd_kafka_err2str(err)));
    rd_kafka_topic_partition_list_destroy(list);
}

/* librdkafka keeps the subscription back until the partitions are given up and the group is left. */
static void rejoin(struct consumer *c)
{
    rd_kafka_unsubscribe(c->rk);
    subscribe(c);
}

void consumer_run(struct consumer *c)
{
    subscribe(c);
    while (!atomic_load(&c->stopping)) {
        check(c);
        if (atomic_load(&c->state) == CONSUMER_UP &&
            orphan_watch_step(&c->orphans, c->rk, c->group, c->topic_name, c->partitions, now_ms()))
            rejoin(c);
        if (now_ms() >= c->commit_at_ms)
            commit_stored(c);
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, POLL_MS);
        if (m)
            take_message(c, m);
    }
    rd_kafka_consumer_close(
        c->rk); /* revokes by on_rebalance(); a static member stays a member until its session ends */
}

void consumer_stop(struct consumer *c)
{
    atomic_store(&c->stopping, true);
}

enum consumer_state consumer_state(const struct consumer *c)
{
    return (enum consumer_state)atomic_load(&c->state);
}

/* --- what workers call --- */

struct consumer_queue *consumer_queue_new(struct consumer *c)
{
    struct consumer_queue *q = calloc(1, sizeof(*q));
    if (q)
        q->queue = rd_kafka_queue_new(c->rk);
    return q;
}

void consumer_queue_free(struct consumer_queue *q)
{
    if (!q)
        return;
    rd_kafka_queue_destroy(q->queue);
    free(q);
}

size_t consumer_fetch(struct consumer_queue *q, int timeout_ms)
{
    q->count = rd_kafka_consume_batch_queue(q->queue, timeout_ms, q->messages, FETCH_MAX);
    return q->count > 0 ? (size_t)q->count : 0;
}

static struct span bytes(const void *ptr, size_t len)
{
    return span_from(ptr, ptr ? len : 0);
}

void consumer_item(const struct consumer_queue *q, size_t i, struct consumer_item *out)
{
    const rd_kafka_message_t *m = q->messages[i];
    rd_kafka_timestamp_type_t type;
    out->partition = m->partition;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        int64_t time_ms = rd_kafka_message_timestamp(m, &type);
        out->kind = ITEM_RECORD;
        out->record = (struct record){bytes(m->payload, m->len), bytes(m->key, m->key_len),
            type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? INT64_MIN : time_ms, m->offset, m};
    } else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        out->kind = ITEM_END;
        out->record = (struct record){.offset = m->offset};
    } else {
        out->kind = ITEM_NONE;
        metrics_add(METRIC_KAFKA_ERRORS, 1);
        log_warn("kafka.fetch", "partition=%d code=%s detail=%s", (int)m->partition,
            rd_kafka_err2name(m->err), log_quote(rd_kafka_message_errstr(m)));
    }
}

void consumer_done(struct consumer_queue *q)
{
    for (ssize_t i = 0; i < q->count; i++)
        rd_kafka_message_destroy(q->messages[i]);
    q->count = 0;
}

void consumer_wake(struct consumer_queue *q)
{
    rd_kafka_queue_yield(q->queue);
}

int consumer_start(struct consumer *c, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = one_partition(c, partition, offset);
    rd_kafka_error_t *error = rd_kafka_seek_partitions(c->rk, list, ASK_MS);
    int rc = error || list->elems[0].err ? ERR_KAFKA : 0; /* not assigned yet, or not any more */
    if (error)
        rd_kafka_error_destroy(error);
    if (rc == 0)
        rd_kafka_resume_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

uint64_t consumer_rebalances(const struct consumer *c)
{
    return atomic_load(&c->rebalances);
}

void consumer_pause(struct consumer *c, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = one_partition(c, partition, 0);
    rd_kafka_pause_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void consumer_commit(struct consumer *c, int32_t partition, int64_t offset)
{
    pthread_mutex_lock(&c->lock);
    size_t cap = c->stored_cap;
    if ((size_t)partition >= cap) {
        cap = (size_t)partition + 64;
        int64_t *grown = realloc(c->stored, cap * sizeof(*grown));
        for (size_t i = c->stored_cap; grown && i < cap; i++)
            grown[i] = -1;
        c->stored = grown ? grown : c->stored;
        c->stored_cap = grown ? cap : c->stored_cap;
    }
    if ((size_t)partition < c->stored_cap)
        c->stored[partition] = offset;
    pthread_mutex_unlock(&c->lock);
}

int64_t consumer_end(struct consumer *c, int32_t partition)
{
    int64_t low, high;
    if (rd_kafka_get_watermark_offsets(c->rk, c->topic_name, partition, &low, &high) || high < 0)
        return -1;
    return high;
}

int64_t consumer_low(struct consumer *c, int32_t partition)
{
    int64_t low, high;
    if (rd_kafka_get_watermark_offsets(c->rk, c->topic_name, partition, &low, &high))
        return -1;
    return low;
}

int consumer_range(struct consumer *c, int32_t partition, int64_t *low, int64_t *high)
{
    return rd_kafka_query_watermark_offsets(c->rk, c->topic_name, partition, low, high, ASK_MS) ? ERR_KAFKA
                                                                                                : 0;
}

/* The first offset whose record is not older than time_ms; the end as INT64_MAX; -1: no answer. */
static int64_t offset_at(struct consumer *c, int32_t partition, int64_t time_ms)
{
    rd_kafka_topic_partition_list_t *list = one_partition(c, partition, time_ms);
    int64_t offset = -1;
    if (!atomic_load(&c->stopping) && !rd_kafka_offsets_for_times(c->rk, list, ASK_MS) && !list->elems[0].err)
        offset = list->elems[0].offset < 0 ? INT64_MAX : list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return offset;
}

/* Kafka finds offsets by time, not times by offset: the latest time that does not lie behind the record is
 * bisected. */
int64_t consumer_offset_before(struct consumer *c, int32_t partition, int64_t position, int64_t window_ms)
{
    int64_t low = 0, high = (int64_t)time(NULL) * 1000 + 86400000;
    while (high - low > 1000) {
        int64_t middle = low + (high - low) / 2, offset = offset_at(c, partition, middle);
        if (offset < 0)
            return -1;
        if (offset < position)
            low = middle;
        else
            high = middle;
    }
    return offset_at(c, partition, low > window_ms ? low - window_ms : 0);
}
