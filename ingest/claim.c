#include "ingest/claim.h"

#include "classify/base/log.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEK_RETRY_MS = 100, LOSS_LOOKS = 3, LOSS_LOOK_MS = 500 };

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
    p->config = *setup->config;
    rc = partition_take(p, setup->classify, &got);
    free((void *)got.checkpoint.ptr);
    if (rc == ERR_STALE && p->position > 0)
        rebuild_from_window(setup, p);
    if (rc == ERR_NOMEM)
        log_error("ingest.memory", "topic=%s partition=%d remedy=%s", log_quote(p->key.topic),
            (int)p->key.partition, log_quote("no memory for its state; lower classify.max_devices"));
    return rc == ERR_STALE ? 0 : rc;
}

/* --- what Kafka has lost --- */

struct loss {
    bool anew;
    int64_t low, high; /* what Kafka has now */
};

static const char *reason_of(const struct loss *loss)
{
    return loss->anew ? "the topic was deleted and made anew, or cut off by an unclean leader election"
                      : "deleted by retention before they were read";
}

static const char *remedy_of(const struct loss *loss, bool stop)
{
    if (stop)
        return loss->anew
                   ? "stopped, as ingest.on_gap says; to read the new topic from its beginning, start "
                     "with --on-gap=continue"
                   : "stopped, as ingest.on_gap says; to go on behind them, start with --on-gap=continue";
    return loss->anew ? "read from its beginning, its devices begin as unknown; give a new topic a new name"
                      : "raise the topic's retention.ms, or read faster: ingest.workers, more processes";
}

static void say_loss(const struct partition *p, const struct loss *loss, bool stop)
{
    log_warn("ingest.gap",
        "topic=%s partition=%d from=%lld to=%lld records=%lld position=%lld low=%lld high=%lld reason=%s "
        "remedy=%s",
        log_quote(p->key.topic), (int)p->key.partition, (long long)p->position, (long long)loss->low,
        loss->anew ? -1LL : (long long)(loss->low - p->position), (long long)p->position,
        (long long)loss->low, (long long)loss->high, log_quote(reason_of(loss)),
        log_quote(remedy_of(loss, stop)));
    metrics_add(loss->anew ? METRIC_GAPS_ANEW : METRIC_GAPS_DELETED, 1);
    metrics_add(METRIC_GAPS, loss->anew ? 0 : loss->low - p->position);
}

static int stop_at(struct database *db, struct partition *p, const struct loss *loss)
{
    int rc = partition_gap(db->pg, &p->key, p->position, loss->low, reason_of(loss));
    if (rc)
        return rc;
    say_loss(p, loss, true);
    p->state = PARTITION_STOPPED;
    metrics_add(METRIC_STOPPED, 1);
    return 0;
}

static int go_on_at(struct database *db, struct partition *p, const struct loss *loss)
{
    int rc =
        partition_restart(db->pg, &p->key, p->epoch, p->position, loss->low, reason_of(loss), loss->anew);
    if (rc)
        return rc;
    say_loss(p, loss, false);
    if (loss->anew)
        partition_drop(p); /* claimed again, with nothing known */
    else
        partition_skip(p, loss->low, true);
    return 0;
}

/* Before the first record there is nothing to miss; and what a rebuild would have liked to read is no gap. */
static int mend(const struct claim_setup *setup, struct database *db, struct partition *p)
{
    struct loss loss;
    if (consumer_range(setup->consumer, p->key.partition, &loss.low, &loss.high)) {
        p->wait_until_ms = mailbox_now_ms() + SEEK_RETRY_MS;
        return 0;
    }
    bool ends_before = loss.high < p->position;
    if (ends_before && !p->anew && ++p->lost_seen < LOSS_LOOKS) { /* a new leader may not know the end yet */
        p->wait_until_ms = mailbox_now_ms() + LOSS_LOOK_MS;
        return 0;
    }
    loss.anew = p->anew || ends_before;
    p->lost = p->anew = false;
    p->lost_seen = 0;
    if (loss.anew || (p->position > 0 && loss.low > p->position))
        return setup->options->on_gap == ON_GAP_STOP ? stop_at(db, p, &loss) : go_on_at(db, p, &loss);
    if (loss.low > partition_seek_offset(p))
        partition_skip(p, loss.low, false);
    return 0;
}

int claim_seek(const struct claim_setup *setup, struct database *db, struct partition *p)
{
    if (p->lost) {
        int rc = mend(setup, db, p);
        if (rc || p->state != PARTITION_SEEKING || p->lost)
            return rc;
    }
    if (consumer_start(setup->consumer, p->key.partition, partition_seek_offset(p)))
        p->wait_until_ms = mailbox_now_ms() + SEEK_RETRY_MS;
    else
        partition_sought(p);
    return 0;
}

void claim_moved(void *ctx, struct span device, int32_t from, size_t incidents)
{
    const struct partition *p = ctx;
    char name[256], why[256];
    span_copy(name, sizeof(name), device);
    snprintf(why, sizeof(why), "%s; what it had open is closed and it begins as unknown",
        from < 0
            ? "the topic was made anew"
            : "its records came to another partition: partitions were added, or it is sent under two keys");
    log_warn("ingest.moved", "device=%s topic=%s partition=%d from=%d incidents=%zu detail=%s",
        log_quote(name), log_quote(p->key.topic), (int)p->key.partition, (int)from, incidents,
        log_quote(why));
    metrics_add(METRIC_MOVED, 1);
}
