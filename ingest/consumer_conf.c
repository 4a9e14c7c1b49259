#include "ingest/consumer_conf.h"

#include "classify/base/err.h"
#include "classify/base/log.h"

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

void consumer_conf_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    log_debug("kafka.client", "facility=%s detail=%s", facility, log_quote(text));
}
