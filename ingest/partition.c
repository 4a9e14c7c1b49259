#include "ingest/partition.h"

#include "classify/base/log.h"
#include "ingest/dead_letter.h"
#include "ingest/metrics.h"

#include <stdlib.h>
#include <time.h>

static const int64_t checkpoint_floor_ns = 2000000000; /* design 3.4: 2 s of replay */
enum { CHECKPOINT_COST_FACTOR = 10 };

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct partition *partition_new(const struct ingest_options *options, int32_t number)
{
    struct partition *p = calloc(1, sizeof(*p));
    if (!p || rows_init(&p->rows) != 0) {
        free(p);
        return NULL;
    }
    p->key = (struct partition_key){options->group, options->topic, number};
    p->dead_letter_max = options->dead_letter_max;
    poison_init(&p->poison);
    partition_drop(p);
    return p;
}

void partition_free(struct partition *p)
{
    if (!p)
        return;
    partition_drop(p);
    poison_free(&p->poison);
    rows_free(&p->rows);
    free(p);
}

static void forget_batch(struct partition *p)
{
    rows_reset(&p->rows);
    free(p->checkpoint);
    p->checkpoint = NULL;
    memset(p->dead, 0, sizeof(p->dead));
    p->records = p->bytes = 0;
    p->collected = p->in_doubt = false;
}

void partition_drop(struct partition *p)
{
    forget_batch(p);
    classify_free(p->classify);
    p->classify = NULL;
    metrics_add(METRIC_LAG, -p->lag);
    metrics_add(METRIC_OWNED, p->counted_owned ? -1 : 0);
    metrics_add(METRIC_PARKED, p->state == PARTITION_PARKED ? -1 : 0);
    metrics_add(METRIC_STOPPED, p->state == PARTITION_STOPPED ? -1 : 0);
    p->counted_owned = false;
    p->lag = 0;
    p->epoch = p->position = p->next = p->record_ms = 0;
    p->muted = false;
    p->hole = p->checkpointed = p->proof_offset = -1;
    p->expected = 0;
    p->last_offset = p->last_hash = LONG_NONE;
    p->lost = p->anew = false;
    p->lost_seen = 0;
    p->feed_ns = p->checkpoint_cost_ns = 0;
    p->stamp_due = false;
    p->state = PARTITION_CLAIMING;
    p->wait_until_ms = 0;
}

/* @return 0 loaded; ERR_STALE, p->classify as new; ERR_NOMEM */
static int load(struct partition *p, const struct classify_options *options, const struct claim *claim)
{
    if (!claim->checkpoint.ptr)
        return claim->checkpoint_position == LONG_NONE ? 0 : ERR_STALE;
    if (claim->checkpoint_position > claim->position)
        return ERR_STALE;
    int rc = classify_load(p->classify, claim->checkpoint.ptr, claim->checkpoint.len);
    if (rc == 0) {
        p->next = p->checkpointed = claim->checkpoint_position;
        return 0;
    }
    classify_free(p->classify);
    p->classify = classify_new(options);
    return p->classify ? rc : ERR_NOMEM;
}

int partition_take(struct partition *p, const struct classify_options *options, const struct claim *claim)
{
    poison_know(&p->poison, claim->refused, claim->refused_count);
    p->classify = classify_new(options);
    if (!p->classify)
        return ERR_NOMEM;
    p->epoch = claim->epoch;
    p->position = claim->position;
    p->next = 0;
    p->proof_offset = claim->last_offset == LONG_NONE ? -1 : claim->last_offset;
    p->proof_hash = claim->last_hash;
    p->last_offset = claim->last_offset;
    p->last_hash = claim->last_hash;
    int rc = load(p, options, claim);
    if (rc == ERR_NOMEM)
        return rc;
    p->stamp_due = claim->checkpoint_position != LONG_NONE && claim->checkpoint_config != p->config;
    p->muted = p->next < p->position;
    p->counted = classify_counts(p->classify);
    p->counted_owned = true;
    metrics_add(METRIC_OWNED, 1);
    p->state = PARTITION_SEEKING;
    return rc;
}

static void throw_rows_away(struct partition *p)
{
    classify_collect(p->classify, &p->rows);
    rows_reset(&p->rows);
    p->records = p->bytes = 0;
}

static void unmute(struct partition *p)
{
    throw_rows_away(p);
    p->muted = false;
    p->next = p->position;
    p->counted = classify_counts(p->classify);
    log_info("ingest.rebuilt", "topic=%s partition=%d position=%lld", log_quote(p->key.topic),
        (int)p->key.partition, (long long)p->position);
}

static int64_t record_hash(const struct record *r)
{
    return (int64_t)(span_hash(r->value, (uint64_t)r->time_ms) & INT64_MAX);
}

static void feed(struct partition *p, struct match_scratch *scratch, const struct record *r)
{
    bool refused = poison_holds(&p->poison, r->offset);
    enum dead_reason reason = refused ? DEAD_REFUSED : classify_feed(p->classify, scratch, r);
    if (reason != RECORD_READ && !p->muted) {
        dead_letter_add(&p->rows, r, reason, refused ? p->poison.detail : NULL);
        p->dead[reason]++;
    }
    p->next = r->offset + 1;
    if (!p->muted) {
        p->last_offset = r->offset;
        p->last_hash = record_hash(r);
    }
    if (r->time_ms > p->record_ms)
        p->record_ms = r->time_ms;
    p->records++;
    p->bytes += r->value.len;
}

/* Is it where it should be? A compacted or transactional topic has holes, so that one is only asked about. */
static enum partition_fed place(struct partition *p, int64_t offset)
{
    if (offset < p->expected)
        return PARTITION_BACK;
    if (offset > p->next && offset != p->hole) {
        p->hole = offset;
        return PARTITION_HOLE;
    }
    return PARTITION_FED;
}

enum partition_fed partition_feed(struct partition *p, struct match_scratch *scratch, const struct record *r)
{
    enum partition_fed placed = place(p, r->offset);
    if (placed != PARTITION_FED)
        return placed;
    p->expected = r->offset + 1;
    if (r->offset == p->proof_offset) {
        p->proof_offset = -1;
        if (record_hash(r) != p->proof_hash)
            return PARTITION_ANEW;
    }
    if (r->offset < p->next)
        return PARTITION_IGNORED;
    if (p->muted && r->offset >= p->position)
        unmute(p);
    p->fresh = false;
    feed(p, scratch, r);
    return PARTITION_FED;
}

enum partition_fed partition_end(struct partition *p, int64_t offset)
{
    enum partition_fed placed = offset < p->position ? PARTITION_BACK : place(p, offset);
    if (placed != PARTITION_FED)
        return placed;
    if (p->muted)
        unmute(p);
    if (offset > p->next)
        p->next = offset;
    return PARTITION_FED;
}

int64_t partition_seek_offset(const struct partition *p)
{
    return p->proof_offset >= 0 && p->proof_offset < p->next ? p->proof_offset : p->next;
}

void partition_sought(struct partition *p)
{
    p->expected = partition_seek_offset(p);
    p->fresh = true;
    p->state = PARTITION_READING;
}

void partition_doubt(struct partition *p)
{
    if (p->last_offset == LONG_NONE)
        return;
    p->proof_offset = p->last_offset;
    p->proof_hash = p->last_hash;
}

void partition_skip(struct partition *p, int64_t offset, bool committed)
{
    if (p->proof_offset < offset)
        p->proof_offset = -1;
    if (committed)
        p->position = offset;
    if (p->muted && offset >= p->position)
        unmute(p);
    if (p->next < offset)
        p->next = offset;
}

uint64_t partition_limit(const struct partition *p, uint64_t max)
{
    return p->poison.limit && p->poison.limit < max ? p->poison.limit : max;
}

bool partition_anchor_due(const struct partition *p)
{
    bool search = p->poison.limit && !p->poison.anchored && p->checkpointed != p->position;
    return (search || (p->stamp_due && p->position > 0)) && p->state == PARTITION_READING && !p->muted &&
           !p->collected && p->records == 0 && p->next == p->position;
}

bool partition_checkpoint_due(const struct partition *p)
{
    if (p->poison.limit || p->stamp_due)
        return true;
    int64_t due = p->checkpoint_cost_ns * CHECKPOINT_COST_FACTOR;
    return p->feed_ns >= (due > checkpoint_floor_ns ? due : checkpoint_floor_ns);
}

int partition_reconfigure(struct partition *p, const struct classify_options *options, int64_t config)
{
    char *state = NULL;
    size_t len = 0;
    struct classify *fresh = classify_new(options);
    int rc = fresh ? classify_save(p->classify, &state, &len) : ERR_NOMEM;
    if (rc == 0)
        rc = classify_load(fresh, state, len);
    free(state);
    if (rc) {
        classify_free(fresh);
        return rc;
    }
    classify_free(p->classify);
    p->classify = fresh;
    p->counted = classify_counts(fresh);
    p->config = config;
    return 0;
}

static void save(struct partition *p, size_t checkpoint_max)
{
    size_t len = 0;
    int64_t began = cpu_ns();
    if (classify_save(p->classify, &p->checkpoint, &len) != 0) {
        p->checkpoint = NULL;
        return;
    }
    p->checkpoint_cost_ns = cpu_ns() - began;
    if (len > checkpoint_max) {
        log_warn("ingest.checkpoint", "topic=%s partition=%d bytes=%zu max=%zu remedy=%s",
            log_quote(p->key.topic), (int)p->key.partition, len, checkpoint_max,
            log_quote("not saved, a restart reads more from Kafka; raise ingest.checkpoint_max"));
        free(p->checkpoint);
        p->checkpoint = NULL;
        p->feed_ns = 0;
        p->stamp_due = false;
        return;
    }
    p->flush.checkpoint = span_from(p->checkpoint, len);
}

void partition_collect(struct partition *p, size_t checkpoint_max, int64_t end_offset)
{
    classify_collect(p->classify, &p->rows);
    p->flush = (struct flush){.key = p->key,
        .epoch = p->epoch,
        .from = p->position,
        .to = p->next,
        .watermark_ms = classify_watermark(p->classify),
        .record_ms = p->record_ms,
        .end_offset = end_offset < p->next && end_offset >= 0 ? p->next : end_offset,
        .last_offset = p->last_offset,
        .last_hash = p->last_hash,
        .config = p->config,
        .dead_letter_max = p->dead_letter_max,
        .rows = &p->rows,
        .checkpoint = SPAN_NONE};
    p->poison.anchored = true;
    if (checkpoint_max)
        save(p, checkpoint_max);
    p->collected = true;
}

static void count(struct partition *p)
{
    struct classify_counts now = classify_counts(p->classify);
    metrics_add(METRIC_RECORDS, (int64_t)p->records);
    metrics_add(METRIC_BYTES, (int64_t)p->bytes);
    metrics_add(METRIC_CHARON, (int64_t)(now.charon - p->counted.charon));
    metrics_add(METRIC_FTMD, (int64_t)(now.ftmd - p->counted.ftmd));
    metrics_add(METRIC_OTHER, (int64_t)(now.other - p->counted.other));
    metrics_add(METRIC_UNRECOGNISED, (int64_t)(now.unrecognised_charon - p->counted.unrecognised_charon));
    metrics_add(METRIC_LATE, (int64_t)(now.late - p->counted.late));
    metrics_add(METRIC_SHED, (int64_t)(now.shed - p->counted.shed));
    metrics_add(METRIC_FLUSHES, 1);
    metrics_add(METRIC_ROWS, (int64_t)rows_count(&p->rows));
    for (size_t i = 0; i < DEAD_COUNT; i++)
        if (p->dead[i])
            metrics_dead_letter((enum dead_reason)i, (int64_t)p->dead[i]);
    p->counted = now;
    if (p->flush.end_offset >= 0) {
        int64_t lag = p->flush.end_offset - p->flush.to;
        metrics_add(METRIC_LAG, lag - p->lag);
        p->lag = lag;
    }
}

void partition_committed(struct partition *p)
{
    count(p);
    poison_passed(&p->poison, p->records, p->flush.to);
    p->position = p->flush.to;
    if (p->flush.checkpoint.ptr) {
        metrics_add(METRIC_CHECKPOINTS, 1);
        metrics_add(METRIC_CHECKPOINT_BYTES, (int64_t)p->flush.checkpoint.len);
        p->checkpointed = p->position;
        p->stamp_due = false;
        p->feed_ns = 0;
    }
    forget_batch(p);
}

void partition_trim(struct partition *p, uint64_t records_max)
{
    if (!p->muted || p->records < records_max)
        return;
    metrics_add(METRIC_REPLAYED, (int64_t)p->records);
    throw_rows_away(p);
}
