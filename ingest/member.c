#include "ingest/member.h"

#include "classify/base/err.h"
#include "classify/base/log.h"
#include "ingest/consumer_conf.h"
#include "ingest/group.h"
#include "ingest/mailbox.h"

enum { ASK_MS = 5000, JOIN_MS = 30000, LEAVE_MS = 10000, POLL_MS = 100 };

static const char *const reserved[] = {
    "bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", NULL};

static void on_rebalance(
    rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    bool *joined = opaque;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_pause_partitions(rk, list);
        rd_kafka_error_destroy(rd_kafka_incremental_assign(rk, list));
        *joined = true;
    } else {
        rd_kafka_error_destroy(rd_kafka_incremental_unassign(rk, list));
    }
}

/* @param member  NULL: a client that is no member. @return NULL: said */
static rd_kafka_t *open_client(const struct ingest_options *options, const char *member, bool *joined)
{
    const char *const pairs[][2] = {
        {"bootstrap.servers", options->brokers}, {"group.id", options->group},
        {"client.id", "ikewatch-leave"}, {"enable.auto.commit", "false"},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"group.instance.id", member}, /* the last: without it, it is no static member */
    };
    char error[256];
    int rc = 0;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; rc == 0 && i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][1])
            rc = consumer_conf_set(conf, pairs[i][0], pairs[i][1]);
    if (rc == 0)
        rc = consumer_conf_set_list(conf, options->kafka_properties, reserved);
    rd_kafka_conf_set_log_cb(conf, consumer_conf_log);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_opaque(conf, joined);
    rd_kafka_t *rk = rc == 0 ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error)) : NULL;
    if (rk)
        return rk;
    rd_kafka_conf_destroy(conf);
    if (rc == 0)
        log_error("kafka.client", "detail=%s", log_quote(error));
    return NULL;
}

static int present(rd_kafka_t *rk, const char *group, const char *member)
{
    const char *why;
    int found = 0;
    const struct rd_kafka_group_list *list = group_ask(rk, group, ASK_MS, &why);
    if (!list) {
        log_error("leave.group", "detail=%s remedy=%s", log_quote(why),
            log_quote("is Kafka running there? check --brokers"));
        return ERR_KAFKA;
    }
    for (int i = 0; i < list->groups[0].member_cnt; i++)
        found |= group_member_is(&list->groups[0].members[i], member);
    rd_kafka_group_list_destroy(list);
    return found;
}

int member_present(const struct ingest_options *options, const char *member)
{
    rd_kafka_t *rk = open_client(options, NULL, NULL);
    int rc = rk ? present(rk, options->group, member) : ERR_CONFIG;
    if (rk)
        rd_kafka_destroy(rk);
    return rc;
}

static void poll_once(rd_kafka_t *rk)
{
    rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, POLL_MS);
    if (m)
        rd_kafka_message_destroy(m);
}

static int join(rd_kafka_t *rk, const char *topic, const bool *joined)
{
    int64_t deadline_ms = mailbox_now_ms() + JOIN_MS;
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    while (!*joined && mailbox_now_ms() < deadline_ms)
        poll_once(rk);
    if (*joined)
        return 0;
    log_error("leave.join", "detail=%s remedy=%s",
        log_quote("the group did not take the member back in time"),
        log_quote(
            "its session ends by itself 10 s after the process; or kafka-consumer-groups.sh --describe"));
    return ERR_KAFKA;
}

int member_leave(const struct ingest_options *options, const char *member)
{
    bool joined = false;
    int rc, left;
    rd_kafka_t *rk = open_client(options, member, &joined);
    if (!rk)
        return ERR_CONFIG;
    rc = join(rk, options->topic, &joined);
    if (rc == 0) {
        int64_t deadline_ms = mailbox_now_ms() + LEAVE_MS;
        rd_kafka_unsubscribe(rk);
        do {
            poll_once(rk);
            left = present(rk, options->group, member);
        } while (left == 1 && mailbox_now_ms() < deadline_ms);
        rc = left == 0 ? 0 : ERR_KAFKA;
        if (left == 1)
            log_error("leave.timeout", "member=%s detail=%s", log_quote(member),
                log_quote("still in the group; it leaves when its session times out"));
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return rc;
}
