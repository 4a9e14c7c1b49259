#include "ingest/orphan.h"

#include "classify/base/log.h"
#include "ingest/group.h"
#include "ingest/metrics.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 5000,
    ASK_MS = 2000,
    LOOKS = 3 /* in turn: ten seconds, and a revocation waits for eight */
};

void orphan_watch_open(struct orphan_watch *w, rd_kafka_t *rk)
{
    *w = (struct orphan_watch){.answers = rd_kafka_queue_new(rk)};
}

void orphan_watch_close(struct orphan_watch *w)
{
    if (w->answers)
        rd_kafka_queue_destroy(w->answers);
    w->answers = NULL;
}

/* --- one look --- */

static void mark(const rd_kafka_MemberDescription_t *member, const char *topic, bool *owned, int32_t count)
{
    const rd_kafka_MemberAssignment_t *assignment = rd_kafka_MemberDescription_assignment(member);
    const rd_kafka_topic_partition_list_t *list =
        assignment ? rd_kafka_MemberAssignment_partitions(assignment) : NULL;
    for (int i = 0; list && i < list->cnt; i++) {
        int32_t partition = list->elems[i].partition;
        if (partition >= 0 && partition < count && strcmp(list->elems[i].topic, topic) == 0)
            owned[partition] = true;
    }
}

static struct orphan_look look_at(const rd_kafka_ConsumerGroupDescription_t *group, const char *own,
    const char *topic, bool *owned, int32_t partitions)
{
    struct orphan_look look = {.members = rd_kafka_ConsumerGroupDescription_member_count(group)};
    for (size_t i = 0; i < look.members; i++) {
        const rd_kafka_MemberDescription_t *member = rd_kafka_ConsumerGroupDescription_member(group, i);
        int order = strcmp(rd_kafka_MemberDescription_consumer_id(member), own);
        look.rank += order < 0;
        look.stable = look.stable || order == 0;
        mark(member, topic, owned, partitions);
    }
    for (int32_t i = 0; i < partitions; i++)
        look.without += !owned[i];
    look.stable =
        look.stable && rd_kafka_ConsumerGroupDescription_state(group) == RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
    return look;
}

bool orphan_watch_count(struct orphan_watch *w, const struct orphan_look *look)
{
    w->seen = look->stable && look->without > 0 ? w->seen + 1 : 0;
    if (w->seen < LOOKS + look->rank)
        return false;
    w->seen = 0;
    return true;
}

static bool take(
    struct orphan_watch *w, rd_kafka_t *rk, rd_kafka_event_t *event, const char *topic, int32_t partitions)
{
    const char *why;
    struct orphan_look look = {0}; /* of a group that does not answer nothing is known */
    const rd_kafka_ConsumerGroupDescription_t *group = group_answer(event, &why);
    bool *owned = calloc((size_t)partitions + 1, sizeof(*owned));
    char *own = rd_kafka_memberid(rk);
    if (!group)
        log_debug("kafka.group", "detail=%s", log_quote(why));
    else if (owned && own)
        look = look_at(group, own, topic, owned, partitions);
    free(owned);
    if (own)
        rd_kafka_mem_free(rk, own);
    if (!orphan_watch_count(w, &look))
        return false;
    log_warn("kafka.orphaned", "topic=%s partitions=%d members=%zu detail=%s", log_quote(topic),
        (int)look.without, look.members,
        log_quote("no member of the group has them and Kafka starts no rebalance; leaving the group and "
                  "joining it again, so that they are dealt out anew"));
    metrics_add(METRIC_REJOINS, 1);
    return true;
}

bool orphan_watch_step(struct orphan_watch *w, rd_kafka_t *rk, const char *group, const char *topic,
    int32_t partitions, int64_t now_ms)
{
    bool act = false;
    rd_kafka_event_t *event = w->asked ? rd_kafka_queue_poll(w->answers, 0) : NULL;
    if (event) {
        act = take(w, rk, event, topic, partitions);
        rd_kafka_event_destroy(event);
        w->asked = false;
    }
    if (!w->asked && partitions > 0 && now_ms >= w->look_at_ms) {
        group_ask(rk, group, ASK_MS, w->answers);
        w->asked = true;
        w->look_at_ms = now_ms + LOOK_MS;
    }
    return act;
}
