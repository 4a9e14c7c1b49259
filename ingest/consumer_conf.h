/*
 * consumer_conf.h — settings → librdkafka's properties, for consumer.c and producer.c only.
 */
#ifndef IKEWATCH_INGEST_CONSUMER_CONF_H
#define IKEWATCH_INGEST_CONSUMER_CONF_H

#include <librdkafka/rdkafka.h>

/* @return 0 or ERR_CONFIG, said on the log */
int consumer_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/**
 * Sets the lines `property=value` of a SETTING_LIST.
 * @param reserved  names that ikewatch must set itself, NULL-terminated
 * @return 0 or ERR_CONFIG, said on the log
 */
int consumer_conf_set_list(rd_kafka_conf_t *conf, const char *list, const char *const *reserved);

/* What is fetched ahead, over all partitions of the topic: queued.max.messages.kbytes is per partition, so it
 * is divided by their number (design 3.1). @return 0 or ERR_CONFIG, said on the log */
int consumer_conf_set_memory(rd_kafka_conf_t *conf, const char *topic, uint64_t memory_bytes);

/* librdkafka's own log, at debug: what matters of it arrives by callbacks too. */
void consumer_conf_log(const rd_kafka_t *rk, int level, const char *facility, const char *text);

#endif
