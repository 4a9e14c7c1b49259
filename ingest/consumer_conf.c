#include "ingest/consumer_conf.h"

#include "classify/base/err.h"
#include "classify/base/log.h"

#include <stdio.h>

enum {
    PARTITIONS_GUESS = 64, /* while no broker says how many there are */
    ASK_MS = 2000,
    FETCH_BYTES_MIN = 64 * 1024,
    FETCH_BYTES_MAX = 1024 * 1024
};

int consumer_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[256];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) == RD_KAFKA_CONF_OK)
        return 0;
    log_error("kafka.property", "property=%s detail=%s remedy=%s", log_quote(name), log_quote(error),
        log_quote("see librdkafka's CONFIGURATION.md for names and values"));
    return ERR_CONFIG;
}

static int set_one(rd_kafka_conf_t *conf, struct span entry, const char *const *reserved)
{
    char name[128], value[2048];
    ptrdiff_t equals = span_find(entry, SPAN("="));
    if (equals <= 0 || (size_t)equals >= sizeof(name) || entry.len - (size_t)equals > sizeof(value)) {
        span_copy(value, sizeof(value), entry);
        log_error(
            "kafka.property", "value=%s remedy=%s", log_quote(value), log_quote("write -X property=value"));
        return ERR_CONFIG;
    }
    span_copy(name, sizeof(name), span_from(entry.ptr, (size_t)equals));
    span_copy(value, sizeof(value), span_skip(entry, (size_t)equals + 1));
    for (; *reserved; reserved++)
        if (strcmp(name, *reserved) == 0) {
            log_error("kafka.property", "property=%s remedy=%s", log_quote(name),
                log_quote("ikewatch sets this one itself; leave it out"));
            return ERR_CONFIG;
        }
    return consumer_conf_set(conf, name, value);
}

int consumer_conf_set_list(rd_kafka_conf_t *conf, const char *list, const char *const *reserved)
{
    int rc = 0;
    struct span rest = span_of(list);
    while (rc == 0 && rest.len) {
        ptrdiff_t end = span_find(rest, SPAN("\n"));
        size_t len = end < 0 ? rest.len : (size_t)end;
        if (len)
            rc = set_one(conf, span_from(rest.ptr, len), reserved);
        rest = span_skip(rest, len + 1);
    }
    return rc;
}

/* How many partitions share the memory; asked by a client of its own, as the setting cannot change later. */
static int32_t ask_partitions(const rd_kafka_conf_t *like, const char *topic_name)
{
    char error[256];
    int32_t count = PARTITIONS_GUESS;
    const rd_kafka_metadata_t *md;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, rd_kafka_conf_dup(like), error, sizeof(error));
    if (!rk)
        return count;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, topic_name, NULL);
    if (topic && rd_kafka_metadata(rk, 0, topic, &md, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (md->topic_cnt == 1 && md->topics[0].partition_cnt > 0)
            count = md->topics[0].partition_cnt;
        rd_kafka_metadata_destroy(md);
    }
    if (topic)
        rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    return count;
}

int consumer_conf_set_memory(rd_kafka_conf_t *conf, const char *topic, uint64_t memory_bytes)
{
    char text[32];
    uint64_t share = memory_bytes / (uint64_t)ask_partitions(conf, topic);
    uint64_t fetch = share < FETCH_BYTES_MIN   ? FETCH_BYTES_MIN
                     : share > FETCH_BYTES_MAX ? FETCH_BYTES_MAX
                                               : share;
    uint64_t kbytes = share / 1024 < 64 ? 64 : share / 1024 > 2097151 ? 2097151 : share / 1024;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)kbytes);
    int rc = consumer_conf_set(conf, "queued.max.messages.kbytes", text);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)fetch);
    return rc ? rc : consumer_conf_set(conf, "fetch.message.max.bytes", text);
}

void consumer_conf_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    log_debug("kafka.client", "facility=%s detail=%s", facility, log_quote(text));
}
