/*
 * orphan.h — partitions of the topic that no member of the group has, and whose turn it is to end that.
 *
 * A static member that dies while it gives partitions away, and is back before its session ends, is answered
 * with its old assignment, by now without them: the group is stable and its subscription unchanged, so Kafka
 * starts no rebalance (GroupCoordinator, updateStaticMemberThenRebalanceOrCompleteJoin; KIP-345, KIP-429).
 * Until the next one nobody reads those partitions. Only a member that leaves and joins again starts one.
 *
 * Every member looks; the one whose member id is the least acts first, the others later by their rank, so
 * that one that hangs holds nobody up. Patience outlasts the time for which a revocation may wait.
 */
#ifndef IKEWATCH_INGEST_ORPHAN_H
#define IKEWATCH_INGEST_ORPHAN_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct orphan_watch {
    unsigned seen; /* looks in turn that found some */
    int64_t look_at_ms;
};

/* What a look at the group shows of the topic. */
struct orphan_look {
    size_t members, rank; /* rank: members whose id is less than ours */
    int32_t without;      /* partitions that nobody has */
    bool stable;          /* no rebalance under way, and we are a member */
};

/**
 * Looks every few seconds, and waits up to a second for Kafka's answer then.
 * @param partitions  the topic has so many; 0: not known yet
 * @return true: leave the group and join it again; said on the log
 */
bool orphan_watch_step(struct orphan_watch *w, rd_kafka_t *rk, const char *group, const char *topic,
    int32_t partitions, int64_t now_ms);

/* One look counted. @return true: it is our turn, and the count starts anew */
bool orphan_watch_count(struct orphan_watch *w, const struct orphan_look *look);

#endif
