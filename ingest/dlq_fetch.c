#include "ingest/dlq_fetch.h"

#include "classify/base/log.h"
#include "ingest/consumer_conf.h"
#include "ingest/headers.h"

#include <stdlib.h>

enum { WAIT_MS = 3000 };

struct dlq_fetch {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
};

static const char *const reserved[] = {
    "bootstrap.servers", "metadata.broker.list", "auto.offset.reset", "enable.partition.eof", NULL};

static int fill(rd_kafka_conf_t *conf, const char *brokers, const char *properties)
{
    const char *const pairs[][2] = {
        {"bootstrap.servers", brokers},
        {"client.id", "ikewatch-dlq"},
        {"auto.offset.reset", "error"}, /* a record that is gone shall not be answered by another */
        {"enable.partition.eof", "true"},
        {"enable.auto.commit", "false"},
        /* one record is wanted; what is fetched ahead stays in memory as long as the client lives */
        {"queued.min.messages", "1"},
        {"queued.max.messages.kbytes", "1024"},
        {"fetch.message.max.bytes", "65536"},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(pairs) / sizeof(pairs[0]); i++)
        rc = consumer_conf_set(conf, pairs[i][0], pairs[i][1]);
    return rc ? rc : consumer_conf_set_list(conf, properties, reserved);
}

int dlq_fetch_open(const char *brokers, const char *topic, const char *properties, struct dlq_fetch **out)
{
    char error[256] = "";
    struct dlq_fetch *f = calloc(1, sizeof(*f));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    *out = NULL;
    int rc = f ? fill(conf, brokers, properties) : ERR_NOMEM;
    rd_kafka_conf_set_log_cb(conf, consumer_conf_log);
    if (rc == 0 && !(f->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error)))) {
        log_error("kafka.client", "detail=%s", log_quote(error));
        rc = ERR_CONFIG;
    }
    if (rc)
        rd_kafka_conf_destroy(conf);
    if (rc == 0 && !(f->topic = rd_kafka_topic_new(f->rk, topic, NULL)))
        rc = ERR_CONFIG;
    if (rc) {
        dlq_fetch_close(f);
        return rc;
    }
    *out = f;
    return 0;
}

void dlq_fetch_close(struct dlq_fetch *f)
{
    if (!f)
        return;
    if (f->topic)
        rd_kafka_topic_destroy(f->topic);
    if (f->rk)
        rd_kafka_destroy(f->rk);
    free(f);
}

static struct span copy(struct arena *arena, const void *bytes, size_t len)
{
    return bytes ? arena_span(arena, span_from(bytes, len)) : SPAN_NONE;
}

/* The first message at the offset: the record, or one behind it, or the end. */
static int take(const rd_kafka_message_t *m, int64_t offset, struct arena *arena, struct dlq_bytes *out)
{
    if (!m || m->err == RD_KAFKA_RESP_ERR__TRANSPORT || m->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return ERR_KAFKA;
    if (m->err || m->offset != offset)
        return ERR_NOTFOUND;
    out->key = copy(arena, m->key, m->key_len);
    out->value = copy(arena, m->payload, m->len);
    out->headers = headers_of_message(m, SIZE_MAX, arena);
    return 0;
}

int dlq_fetch_record(
    struct dlq_fetch *f, int32_t partition, int64_t offset, struct arena *arena, struct dlq_bytes *out)
{
    if (rd_kafka_consume_start(f->topic, partition, offset) != 0)
        return ERR_KAFKA;
    rd_kafka_message_t *m = rd_kafka_consume(f->topic, partition, WAIT_MS);
    int rc = take(m, offset, arena, out);
    if (m)
        rd_kafka_message_destroy(m);
    rd_kafka_consume_stop(f->topic, partition);
    return rc;
}
