#include "ingest/orphan.h"

#include "classify/base/log.h"
#include "ingest/group.h"
#include "ingest/metrics.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 5000,
    ASK_MS = 1000,
    LOOKS = 3 /* in turn: ten seconds, and a revocation waits for eight */
};

static struct orphan_look look_at(const struct rd_kafka_group_info *group, const char *own, struct span topic,
    bool *owned, int32_t partitions)
{
    struct orphan_look look = {.members = (size_t)group->member_cnt};
    for (int i = 0; i < group->member_cnt; i++) {
        const struct rd_kafka_group_member_info *member = &group->members[i];
        int order = strcmp(member->member_id, own);
        look.rank += order < 0;
        look.stable = look.stable || order == 0;
        group_assignment(span_from(member->member_assignment, (size_t)member->member_assignment_size), topic,
            owned, partitions);
    }
    for (int32_t i = 0; i < partitions; i++)
        look.without += !owned[i];
    look.stable = look.stable && strcmp(group->state, "Stable") == 0;
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

static struct orphan_look look(rd_kafka_t *rk, const char *group, const char *topic, int32_t partitions)
{
    const char *why;
    struct orphan_look seen = {0}; /* of a group that does not answer nothing is known */
    const struct rd_kafka_group_list *list = group_ask(rk, group, ASK_MS, &why);
    bool *owned = calloc((size_t)partitions, sizeof(*owned));
    char *own = rd_kafka_memberid(rk);
    if (!list)
        log_debug("kafka.group", "detail=%s", log_quote(why));
    else if (owned && own)
        seen = look_at(&list->groups[0], own, span_of(topic), owned, partitions);
    free(owned);
    if (own)
        rd_kafka_mem_free(rk, own);
    if (list)
        rd_kafka_group_list_destroy(list);
    return seen;
}

bool orphan_watch_step(struct orphan_watch *w, rd_kafka_t *rk, const char *group, const char *topic,
    int32_t partitions, int64_t now_ms)
{
    if (partitions == 0 || now_ms < w->look_at_ms)
        return false;
    w->look_at_ms = now_ms + LOOK_MS;
    struct orphan_look seen = look(rk, group, topic, partitions);
    if (!orphan_watch_count(w, &seen))
        return false;
    log_warn("kafka.orphaned", "topic=%s partitions=%d members=%zu detail=%s", log_quote(topic),
        (int)seen.without, seen.members,
        log_quote("no member of the group has them and Kafka starts no rebalance; leaving the group and "
                  "joining it again, so that they are dealt out anew"));
    metrics_add(METRIC_REJOINS, 1);
    return true;
}
