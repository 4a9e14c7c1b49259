/*
 * bench_ingest.c — lines per second Kafka → PostgreSQL, and of a bare librdkafka consumer over the same
 * topic.
 *
 * bench_ingest fill BROKERS TOPIC                        sends KEY<tab>LINE of each line of stdin, zstd
 * bench_ingest bare BROKERS TOPIC                        reads every record once
 * bench_ingest store BROKERS TOPIC DATABASE_URI STATE_DIR [WORKERS]
 *                                                        ikewatch; the database is migrated and empty
 *
 * One line of JSON each. Measured from the start to the last record: joining the group and claiming are in
 * the figure.
 */
#include "ingest/ingest.h"
#include "schema/pg.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 2048, WAIT_MS = 100, ASK_MS = 10000, FLUSH_MS = 60000, LOOK_NS = 20000000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_ingest: %s\n", what);
    exit(1);
}

/* --- filling the topic --- */

static void send_line(rd_kafka_t *rk, const char *topic, struct span line)
{
    struct span key = line;
    const char *tab = memchr(line.ptr, '\t', line.len);
    if (!tab)
        die("a line without a tab");
    key.len = (size_t)(tab - line.ptr);
    while (rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_KEY(key.ptr, key.len),
               RD_KAFKA_V_VALUE((void *)(uintptr_t)(tab + 1), line.len - key.len - 1),
               RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(rk, WAIT_MS);
}

static int fill(const char *brokers, const char *topic)
{
    char error[256], *line = NULL;
    size_t cap = 0;
    ssize_t n;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, error, sizeof(error));
    rd_kafka_conf_set(conf, "linger.ms", "50", error, sizeof(error));
    rd_kafka_conf_set(conf, "compression.codec", "zstd", error, sizeof(error));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    if (!rk)
        die(error);
    while ((n = getline(&line, &cap, stdin)) > 1)
        send_line(rk, topic, span_from(line, (size_t)n - 1));
    free(line);
    rd_kafka_resp_err_t rc = rd_kafka_flush(rk, FLUSH_MS);
    rd_kafka_destroy(rk);
    if (rc)
        die(rd_kafka_err2str(rc));
    return 0;
}

/* --- the bare consumer --- */

struct topic {
    rd_kafka_topic_partition_list_t *list;
    int64_t records;
};

static struct topic ask_topic(rd_kafka_t *rk, const char *name)
{
    const rd_kafka_metadata_t *md;
    struct topic t = {rd_kafka_topic_partition_list_new(8), 0};
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, name, NULL);
    if (rd_kafka_metadata(rk, 0, rkt, &md, ASK_MS) || md->topic_cnt != 1)
        die("no broker or no topic");
    for (int i = 0; i < md->topics[0].partition_cnt; i++) {
        int64_t low, high;
        if (rd_kafka_query_watermark_offsets(rk, name, i, &low, &high, ASK_MS))
            die("no watermarks");
        rd_kafka_topic_partition_list_add(t.list, name, i)->offset = low;
        t.records += high - low;
    }
    rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
    return t;
}

static rd_kafka_t *bare_client(const char *brokers)
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, error, sizeof(error));
    rd_kafka_conf_set(conf, "group.id", "ikewatch-bench-bare", error, sizeof(error));
    rd_kafka_conf_set(conf, "enable.auto.commit", "false", error, sizeof(error));
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
    if (!rk)
        die(error);
    rd_kafka_poll_set_consumer(rk);
    return rk;
}

static int bare(const char *brokers, const char *name)
{
    rd_kafka_message_t *messages[BATCH];
    uint64_t bytes = 0;
    rd_kafka_t *rk = bare_client(brokers);
    struct topic t = ask_topic(rk, name);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    double began = now_s(), cpu_began = cpu_s();
    rd_kafka_assign(rk, t.list);
    for (int64_t left = t.records; left > 0;) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, BATCH);
        for (ssize_t i = 0; i < n; i++) {
            left -= messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
            bytes += messages[i]->len;
            rd_kafka_message_destroy(messages[i]);
        }
    }
    double seconds = now_s() - began, cpu = cpu_s() - cpu_began;
    printf("{\"bench\":\"bare\",\"records\":%" PRId64 ",\"bytes\":%" PRIu64
           ",\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"lines_per_s\":%.0f}\n",
        t.records, bytes, seconds, cpu, (double)t.records / seconds);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(t.list);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return 0;
}

/* --- ikewatch --- */

static int take_number(void *ctx, const struct span *columns, size_t n)
{
    uint64_t *out = ctx;
    return n == 1 && span_u64(columns[0], out) ? 0 : -1;
}

static uint64_t committed(struct pg *pg, const char *topic)
{
    uint64_t sum = 0;
    const struct pg_param topic_param = {span_of(topic)};
    if (pg_query(pg, "bench", "SELECT coalesce(sum(position), 0) FROM ikewatch.position WHERE topic = $1",
            &topic_param, 1, take_number, &sum))
        die("the database does not answer; is it migrated?");
    return sum;
}

static int64_t records_of(const char *brokers, const char *name)
{
    rd_kafka_t *rk = bare_client(brokers);
    struct topic t = ask_topic(rk, name);
    rd_kafka_topic_partition_list_destroy(t.list);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return t.records;
}

static int store(const struct ingest_options *options)
{
    const struct pg_options pg_options = {
        .uri = options->database_uri, .application = "bench", .connect_timeout_ms = ASK_MS};
    const struct timespec look = {0, LOOK_NS};
    int64_t records = records_of(options->brokers, options->topic);
    struct pg *pg;
    struct ingest *in;
    if (pg_open(&pg_options, &pg))
        die("no database");
    double began = now_s(), cpu_began = cpu_s(), first = 0;
    if (ingest_start(options, &in))
        die("ingest does not start");
    for (uint64_t done = 0; done < (uint64_t)records && !ingest_failed(in);) {
        nanosleep(&look, NULL);
        done = committed(pg, options->topic);
        first = first == 0 && done > 0 ? now_s() - began : first;
    }
    double seconds = now_s() - began, cpu = cpu_s() - cpu_began;
    if (ingest_failed(in))
        die("ingest failed");
    ingest_stop(in);
    pg_close(pg);
    printf("{\"bench\":\"store\",\"records\":%" PRId64 ",\"workers\":%" PRIu64
           ",\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"first_commit_s\":%.3f,\"lines_per_s\":%.0f}\n",
        records, options->workers, seconds, cpu, first, (double)records / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    int rest, rc;
    char *none[] = {argv[0], NULL};
    if (argc == 4 && strcmp(argv[1], "fill") == 0)
        return fill(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "bare") == 0)
        return bare(argv[2], argv[3]);
    if (argc < 6 || strcmp(argv[1], "store") != 0)
        die("usage: bench_ingest fill|bare BROKERS TOPIC, or store BROKERS TOPIC DATABASE_URI STATE_DIR "
            "[WORKERS]");
    if (settings_load("bench", "", &ingest_settings, 1, 1, none, &rest))
        return 1;
    struct ingest_options options = ingest_options;
    options.brokers = argv[2];
    options.topic = argv[3];
    options.database_uri = argv[4];
    options.state_dir = argv[5];
    if (argc > 6 && !span_u64(span_of(argv[6]), &options.workers))
        die("WORKERS is no number");
    rc = store(&options);
    settings_free(&ingest_settings, 1);
    return rc;
}
