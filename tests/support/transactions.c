/*
 * transactions — a transactional producer for tests: transactions BROKERS TOPIC PARTITION PROPERTY=VALUE…
 * reads commands, one a line, from standard input:
 *   begin | commit | abort | leave (end at once with the transaction open)
 *   line TEXT | null KEY | empty KEY | headers KEY (neither key nor value but a header)
 */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000 };

struct target {
    rd_kafka_t *rk;
    const char *topic;
    int32_t partition;
};

static void must(rd_kafka_error_t *error, const char *what)
{
    if (!error)
        return;
    fprintf(stderr, "transactions: %s: %s\n", what, rd_kafka_error_string(error));
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[256];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "transactions: %s\n", error);
        exit(2);
    }
}

static void produce(
    const struct target *t, const char *key, const char *value, size_t len, const char *header)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    if (header)
        rd_kafka_header_add(headers, "h", -1, header, -1);
    rd_kafka_resp_err_t err = rd_kafka_producev(t->rk, RD_KAFKA_V_TOPIC(t->topic),
        RD_KAFKA_V_PARTITION(t->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
        RD_KAFKA_V_KEY(key, key ? strlen(key) : 0), RD_KAFKA_V_VALUE((void *)(size_t)value, len),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (err) {
        fprintf(stderr, "transactions: %s\n", rd_kafka_err2str(err));
        exit(1);
    }
    rd_kafka_poll(t->rk, 0);
}

/* @return false: leave */
static bool obey(const struct target *t, const char *word, const char *rest)
{
    if (strcmp(word, "begin") == 0)
        must(rd_kafka_begin_transaction(t->rk), word);
    else if (strcmp(word, "commit") == 0)
        must(rd_kafka_commit_transaction(t->rk, WAIT_MS), word);
    else if (strcmp(word, "abort") == 0) {
        rd_kafka_flush(t->rk, WAIT_MS); /* else they never reach the log */
        must(rd_kafka_abort_transaction(t->rk, WAIT_MS), word);
    } else if (strcmp(word, "line") == 0)
        produce(t, NULL, rest, strlen(rest), NULL);
    else if (strcmp(word, "null") == 0)
        produce(t, rest, NULL, 0, NULL);
    else if (strcmp(word, "empty") == 0)
        produce(t, rest, "", 0, NULL);
    else if (strcmp(word, "headers") == 0)
        produce(t, NULL, NULL, 0, rest);
    else
        return false;
    return true;
}

static void run(const struct target *t)
{
    char text[8192];
    while (fgets(text, sizeof(text), stdin)) {
        text[strcspn(text, "\n")] = '\0';
        char *rest = text + strcspn(text, " ");
        if (*rest)
            *rest++ = '\0';
        if (!obey(t, text, rest)) {
            rd_kafka_flush(t->rk, WAIT_MS);
            exit(0);
        }
    }
}

int main(int argc, char **argv)
{
    char error[256];
    if (argc < 4)
        return 2;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", argv[1]);
    set(conf, "transactional.id", argv[2]);
    for (int i = 4; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            return 2;
        *equals = '\0';
        set(conf, argv[i], equals + 1);
    }
    struct target t = {rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error)), argv[2],
        (int32_t)strtol(argv[3], NULL, 10)};
    if (!t.rk)
        return 1;
    must(rd_kafka_init_transactions(t.rk, WAIT_MS), "init");
    run(&t);
    rd_kafka_flush(t.rk, WAIT_MS);
    rd_kafka_destroy(t.rk);
    return 0;
}
