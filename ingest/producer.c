#include "ingest/producer.h"

#include "classify/base/log.h"
#include "ingest/consumer_conf.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ASK_MS = 10000,
    MAKE_MS = 3000, /* a stop waits for it */
    POLL_MS = 100,
    FLUSH_STEP_MS = 500,
    PARTITIONS_MAX = 65536, /* more are not told apart in the summary */
    FAILURES_SAID = 3
};

struct producer {
    rd_kafka_t *rk;
    char *brokers, *topic;
    struct producer_result result;
    uint64_t seen[PARTITIONS_MAX / 64];
    bool broker_said;
    producer_delivered_fn delivered;
    void *delivered_ctx;
};

static void count_partition(struct producer *p, int32_t partition)
{
    if (partition < 0 || partition >= PARTITIONS_MAX)
        return;
    uint64_t bit = (uint64_t)1 << (partition % 64);
    p->result.partitions += (p->seen[partition / 64] & bit) == 0;
    p->seen[partition / 64] |= bit;
}

static bool for_good(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
           err == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct producer *p = opaque;
    (void)rk;
    if (p->delivered)
        p->delivered(
            p->delivered_ctx, m->_private, m->err ? rd_kafka_err2str(m->err) : NULL, for_good(m->err));
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        p->result.delivered++;
        p->result.bytes += m->len;
        count_partition(p, m->partition);
        return;
    }
    if (p->result.failed++ < FAILURES_SAID && !p->delivered)
        log_error("kafka.delivery", "topic=%s code=%s detail=%s", log_quote(p->topic),
            rd_kafka_err2name(m->err), log_quote(rd_kafka_err2str(m->err)));
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct producer *p = opaque;
    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !p->broker_said) {
        p->broker_said = true;
        log_warn("kafka.no_broker", "brokers=%s detail=%s remedy=%s", log_quote(p->brokers),
            log_quote(reason), log_quote("start Kafka or correct --brokers"));
    }
}

static const char *const reserved[] = {
    "bootstrap.servers", "metadata.broker.list", "enable.idempotence", NULL};

static int fill(rd_kafka_conf_t *conf, const char *brokers, const char *properties)
{
    const char *const pairs[][2] = {
        {"bootstrap.servers", brokers},
        {"client.id", "ikewatch-producer"},
        {"enable.idempotence", "true"}, /* a retry neither doubles nor reorders a line */
        {"partitioner",
            "murmur2_random"}, /* as Java clients key, so that other producers agree on the partition */
        {"linger.ms", "20"},
        {"compression.codec", "lz4"},
        {"queue.buffering.max.kbytes", "65536"},
        {"message.timeout.ms", "60000"},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(pairs) / sizeof(pairs[0]); i++)
        rc = consumer_conf_set(conf, pairs[i][0], pairs[i][1]);
    return rc ? rc : consumer_conf_set_list(conf, properties, reserved);
}

int producer_open(const char *brokers, const char *topic, const char *properties, struct producer **out)
{
    char error[256] = "";
    struct producer *p = calloc(1, sizeof(*p));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    *out = NULL;
    if (!p) {
        rd_kafka_conf_destroy(conf);
        return ERR_NOMEM;
    }
    p->brokers = strdup(brokers);
    p->topic = strdup(topic);
    int rc = p->brokers && p->topic ? fill(conf, brokers, properties) : ERR_NOMEM;
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_log_cb(conf, consumer_conf_log);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (rc == 0 && !(p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error)))) {
        log_error("kafka.client", "detail=%s", log_quote(error));
        rc = ERR_CONFIG;
    }
    if (rc) {
        rd_kafka_conf_destroy(conf);
        producer_close(p);
        return rc;
    }
    *out = p;
    return 0;
}

void producer_close(struct producer *p)
{
    if (!p)
        return;
    if (p->rk) {
        rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(p->rk, FLUSH_STEP_MS);
        rd_kafka_destroy(p->rk);
    }
    free(p->brokers);
    free(p->topic);
    free(p);
}

/* --- retention --- */

static int say_unknown_topic(const struct producer *p)
{
    char remedy[512];
    snprintf(remedy, sizeof(remedy),
        "deploy/up creates it, or: kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions 8",
        p->brokers, p->topic);
    log_error("kafka.no_topic", "topic=%s remedy=%s", log_quote(p->topic), log_quote(remedy));
    return ERR_NOTFOUND;
}

static int read_retention(
    const struct producer *p, const rd_kafka_ConfigResource_t *topic, int64_t *retention_ms)
{
    size_t count;
    rd_kafka_resp_err_t err = rd_kafka_ConfigResource_error(topic);
    if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return say_unknown_topic(p);
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(topic, &count);
    for (size_t i = 0; !err && i < count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "retention.ms") == 0) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);
            *retention_ms = value ? strtoll(value, NULL, 10) : -1;
            return 0;
        }
    log_warn("kafka.retention", "topic=%s detail=%s", log_quote(p->topic),
        log_quote(err ? rd_kafka_err2str(err) : "the broker does not say retention.ms; not checked"));
    return 0;
}

static rd_kafka_event_t *describe(struct producer *p, rd_kafka_ConfigResource_t *resource)
{
    char error[256];
    rd_kafka_queue_t *answers = rd_kafka_queue_new(p->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(p->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, error, sizeof(error));
    rd_kafka_DescribeConfigs(p->rk, &resource, 1, options, answers);
    rd_kafka_event_t *event = rd_kafka_queue_poll(answers, ASK_MS + POLL_MS);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(answers);
    return event;
}

int producer_retention(struct producer *p, int64_t *retention_ms)
{
    size_t count;
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, p->topic);
    rd_kafka_event_t *event = describe(p, resource);
    const rd_kafka_DescribeConfigs_result_t *result =
        event ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
    int rc = ERR_KAFKA;
    *retention_ms = -1;
    if (result && !rd_kafka_event_error(event)) {
        const rd_kafka_ConfigResource_t **resources =
            rd_kafka_DescribeConfigs_result_resources(result, &count);
        rc = count == 1 ? read_retention(p, resources[0], retention_ms) : ERR_KAFKA;
    }
    if (rc == ERR_KAFKA)
        log_error("kafka.no_broker", "brokers=%s detail=%s remedy=%s", log_quote(p->brokers),
            log_quote(
                event && rd_kafka_event_error(event) ? rd_kafka_event_error_string(event) : "no answer"),
            log_quote("start Kafka or correct --brokers"));
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(resource);
    return rc;
}

/* --- sending --- */

int producer_send(struct producer *p, struct span key, struct span value, int64_t time_ms)
{
    rd_kafka_resp_err_t err;
    do {
        err = rd_kafka_producev(p->rk, RD_KAFKA_V_TOPIC(p->topic), RD_KAFKA_V_KEY((void *)key.ptr, key.len),
            RD_KAFKA_V_VALUE((void *)value.ptr, value.len), RD_KAFKA_V_TIMESTAMP(time_ms),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        rd_kafka_poll(p->rk, err == RD_KAFKA_RESP_ERR__QUEUE_FULL ? POLL_MS : 0);
    } while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    log_error("kafka.send", "topic=%s bytes=%zu code=%s detail=%s", log_quote(p->topic), value.len,
        rd_kafka_err2name(err), log_quote(rd_kafka_err2str(err)));
    return ERR_KAFKA;
}

int producer_finish(struct producer *p, struct producer_result *out)
{
    while (rd_kafka_outq_len(p->rk) > 0) /* ends: what is not delivered in message.timeout.ms is refused */
        rd_kafka_flush(p->rk, FLUSH_STEP_MS);
    *out = p->result;
    if (out->failed == 0)
        return 0;
    log_error("kafka.undelivered", "topic=%s records=%llu remedy=%s", log_quote(p->topic),
        (unsigned long long)out->failed,
        log_quote("see the codes above; what was delivered stays delivered"));
    return ERR_KAFKA;
}

/* --- sending with a report for each --- */

void producer_on_delivery(struct producer *p, producer_delivered_fn fn, void *ctx)
{
    p->delivered = fn;
    p->delivered_ctx = ctx;
}

static rd_kafka_headers_t *headers_of(const struct producer_record *r)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(r->header_count);
    for (size_t i = 0; i < r->header_count; i++)
        rd_kafka_header_add(headers, r->headers[i].name.ptr, (ssize_t)r->headers[i].name.len,
            r->headers[i].value.ptr, (ssize_t)r->headers[i].value.len);
    return headers;
}

void producer_offer(struct producer *p, const struct producer_record *r, int wait_ms)
{
    rd_kafka_resp_err_t err;
    rd_kafka_headers_t *headers = headers_of(r);
    do {
        err = rd_kafka_producev(p->rk, RD_KAFKA_V_TOPIC(p->topic),
            RD_KAFKA_V_PARTITION(r->partition < 0 ? RD_KAFKA_PARTITION_UA : r->partition),
            RD_KAFKA_V_KEY((void *)r->key.ptr, r->key.len),
            RD_KAFKA_V_VALUE((void *)r->value.ptr, r->value.len), RD_KAFKA_V_TIMESTAMP(r->time_ms),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(r->tag), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_END);
        rd_kafka_poll(p->rk, err == RD_KAFKA_RESP_ERR__QUEUE_FULL ? POLL_MS : 0);
        wait_ms -= POLL_MS;
    } while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL && wait_ms > 0);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_headers_destroy(headers);
    p->result.failed++;
    if (p->delivered)
        p->delivered(p->delivered_ctx, r->tag, rd_kafka_err2str(err), for_good(err));
}

bool producer_flush(struct producer *p, int wait_ms)
{
    return rd_kafka_flush(p->rk, wait_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t created(rd_kafka_event_t *event, char *why, size_t cap)
{
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result = event ? rd_kafka_event_CreateTopics_result(event) : NULL;
    const rd_kafka_topic_result_t **topics =
        result ? rd_kafka_CreateTopics_result_topics(result, &count) : NULL;
    rd_kafka_resp_err_t err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const char *text = event && err ? rd_kafka_event_error_string(event) : NULL;
    if (!err && count == 1) {
        err = rd_kafka_topic_result_error(topics[0]);
        text = rd_kafka_topic_result_error_string(topics[0]);
    }
    if (err)
        span_copy(why, cap, span_of(text ? text : rd_kafka_err2str(err)));
    return err;
}

int producer_make_topic(struct producer *p, char *why, size_t cap)
{
    char error[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(p->topic, -1, -1, error, sizeof(error));
    if (!topic) {
        span_copy(why, cap, span_of(error));
        return ERR_KAFKA;
    }
    rd_kafka_queue_t *answers = rd_kafka_queue_new(p->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(p->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, MAKE_MS, error, sizeof(error));
    rd_kafka_CreateTopics(p->rk, &topic, 1, options, answers);
    rd_kafka_event_t *event = rd_kafka_queue_poll(answers, MAKE_MS + POLL_MS);
    rd_kafka_resp_err_t err = created(event, why, cap);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(answers);
    rd_kafka_NewTopic_destroy(topic);
    return err && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? ERR_KAFKA : 0;
}
