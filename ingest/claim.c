#include "ingest/claim.h"

#include "classify/base/log.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"

#include <stdlib.h>

enum { SEEK_RETRY_MS = 100 };

static void say_claimed(const struct partition *p, const struct claim *claim)
{
    log_info("ingest.claimed", "topic=%s partition=%d epoch=%lld position=%lld checkpoint=%lld bytes=%zu",
        log_quote(p->key.topic), (int)p->key.partition, (long long)claim->epoch, (long long)claim->position,
        claim->checkpoint.ptr ? (long long)claim->checkpoint_position : -1LL, claim->checkpoint.len);
}

static void rebuild_from_window(const struct claim_setup *setup, struct partition *p)
{
    int64_t from = consumer_offset_before(
        setup->consumer, p->key.partition, p->position, setup->options->rebuild_window_ms);
    p->next = from >= 0 && from < p->position ? from : 0;
    log_warn("ingest.rebuild", "topic=%s partition=%d from=%lld position=%lld detail=%s",
        log_quote(p->key.topic), (int)p->key.partition, (long long)p->next, (long long)p->position,
        log_quote("the checkpoint is of another version or damaged; the state is rebuilt from Kafka, muted"));
}

int claim_partition(const struct claim_setup *setup, struct database *db, struct partition *p)
{
    struct claim got = {0};
    int rc = partition_claim(db->pg, &p->key, setup->owner, &got);
    if (rc)
        return rc;
    say_claimed(p, &got);
    rc = partition_take(p, setup->classify, &got);
    free((void *)got.checkpoint.ptr);
    if (rc == ERR_STALE && p->position > 0)
        rebuild_from_window(setup, p);
    if (rc == ERR_NOMEM)
        log_error("ingest.memory", "topic=%s partition=%d remedy=%s", log_quote(p->key.topic),
            (int)p->key.partition, log_quote("no memory for its state; lower classify.max_devices"));
    return rc == ERR_STALE ? 0 : rc;
}

void claim_seek(const struct claim_setup *setup, struct partition *p)
{
    if (consumer_start(setup->consumer, p->key.partition, p->next)) {
        p->wait_until_ms = mailbox_now_ms() + SEEK_RETRY_MS;
        return;
    }
    p->fresh = true;
    p->state = PARTITION_READING;
}

void claim_gap(const struct claim_setup *setup, struct database *db, const struct partition *p, int64_t first,
    int64_t gap)
{
    int64_t low = consumer_low(setup->consumer, p->key.partition);
    if (low >= 0 && low <= first - gap)
        return;
    metrics_add(METRIC_GAPS, gap);
    log_warn("ingest.gap", "topic=%s partition=%d from=%lld to=%lld records=%lld remedy=%s",
        log_quote(p->key.topic), (int)p->key.partition, (long long)(first - gap), (long long)first,
        (long long)gap,
        log_quote("retention deleted them before they were read; raise the topic's retention.ms"));
    partition_gap(db->pg, &p->key, first - gap, first, "retention"); /* a failure is met again at the flush */
}
