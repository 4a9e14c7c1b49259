#include "schema/flush.h"

#include "schema/copy.h"
#include "schema/partition.h"
#include "schema/position.h"
#include "schema/sql.h"

#include <stdio.h>
#include <stdlib.h>

#define UNIQUE_VIOLATION "23505"
#define CHECK_VIOLATION "23514" /* without a constraint's name: no partition for the row */

enum {
    JOBS_MAX = ROW_TABLES + 3,
    STEPS_MAX = 24,
    TRUNCATE_EVERY = 256,
    BUCKET_MS = 900000,
    BUCKETS_FEW = 300
};

/* What a batch holds, one bit a statement's reason to be sent. */
enum content {
    HAS_DEVICE = 1 << 0,
    HAS_TUNNEL = 1 << 1,
    HAS_EXCHANGE = 1 << 2, /* staged ones */
    HAS_OUTLIER = 1 << 3,
    HAS_TRANSITION = 1 << 4,
    HAS_INCIDENT = 1 << 5,
    HAS_EVIDENCE = 1 << 6,
    HAS_OUTAGE = 1 << 7,
    HAS_DEAD_LETTER = 1 << 8,
    HAS_UNKNOWN_TEMPLATE = 1 << 9,
    HAS_CHECKPOINT = 1 << 10,
    HAS_FEW_BUCKETS =
        1 << 11, /* of the rollups; the statements are planned once, to look up a few rows by key */
    HAS_MANY_BUCKETS = 1 << 12,
};

/* The set-based part of a flush in order; the parameters of each are the `count` from `first` on of group,
 * topic, partition, to, epoch, from, watermark, end offset, last offset and hash. */
static const struct {
    unsigned when;
    const char *name, *sql;
    size_t first, count;
    bool replan;
} rules[] = {
    {HAS_DEVICE, "flush_device", sql_flush_device, 0, 0, false},
    {HAS_DEVICE, "flush_device_source", sql_flush_device_source, 1, 2, false},
    {HAS_TUNNEL, "flush_tunnel", sql_flush_tunnel, 0, 0, false},
    {HAS_EXCHANGE, "flush_exchange", sql_flush_exchange, 0, 0, false},
    {HAS_OUTLIER, "flush_outlier", sql_flush_outlier, 0, 0, false},
    {HAS_EXCHANGE | HAS_OUTLIER, "flush_near_miss", sql_flush_near_miss, 0, 0, false},
    {HAS_EXCHANGE | HAS_OUTLIER, "rollup_miss_15m", sql_rollup_miss_15m, 0, 0, false},
    {HAS_EXCHANGE | HAS_OUTLIER, "rollup_miss_daily", sql_rollup_miss_daily, 0, 0, false},
    {HAS_TRANSITION, "flush_transition", sql_flush_transition, 0, 4, false},
    {HAS_INCIDENT, "flush_incident", sql_flush_incident, 0, 4, false},
    {HAS_EVIDENCE, "flush_evidence", sql_flush_evidence, 0, 0, false},
    {HAS_OUTAGE, "flush_outage", sql_flush_outage, 0, 0, false},
    {HAS_FEW_BUCKETS, "rollup_15m", sql_rollup_15m, 0, 0, false},
    {HAS_FEW_BUCKETS, "rollup_daily", sql_rollup_daily, 0, 0, false},
    {HAS_MANY_BUCKETS, "rollup_plan", sql_rollup_plan, 0, 0, true},
    {HAS_MANY_BUCKETS, "rollup_15m_many", sql_rollup_15m, 0, 0, true},
    {HAS_MANY_BUCKETS, "rollup_daily_many", sql_rollup_daily, 0, 0, true},
    {HAS_DEAD_LETTER, "flush_dead_letter", sql_flush_dead_letter, 0, 4, false}, /* the fourth: the room */
    {HAS_UNKNOWN_TEMPLATE, "flush_unknown_template", sql_flush_unknown_template, 0, 3, false},
    {HAS_CHECKPOINT, "flush_checkpoint", sql_flush_checkpoint, 0, 4, false},
};

struct checkpoint_row {
    struct span state;
    int64_t config;
};

static const struct row_column checkpoint_columns[] = {
    {"state", ROW_KIND_BYTES, offsetof(struct checkpoint_row, state)},
    {"config", ROW_KIND_LONG, offsetof(struct checkpoint_row, config)}};
static const struct row_table checkpoint_table = {
    "checkpoint", checkpoint_columns, 2, sizeof(struct checkpoint_row)};

struct plan {
    struct copy_job jobs[JOBS_MAX];
    size_t count;
    unsigned has;
    struct checkpoint_row checkpoint;
};

static void plan_add(struct plan *p, enum content has, const char *target, enum row_table_id table,
    const void *rows, size_t count)
{
    if (count == 0)
        return;
    p->jobs[p->count++] = (struct copy_job){target, &row_tables[table], rows, count, NULL, NULL, NULL};
    p->has |= has;
}

/* Where an exchange goes: straight in if nothing of it can be there yet. A near miss is staged because a fact
 * is derived from it. */
enum way { STRAIGHT, STAGED, OUTLIER, WAYS };

struct router {
    const struct known_days *known;
    bool cautious; /* what is said to be new may be there all the same */
    uint32_t *order;
};

static enum way way_of(const struct router *r, const struct row_exchange *row)
{
    if (!known_days_has(r->known, row->requested))
        return OUTLIER;
    return r->cautious || row->stored || row->near_miss ? STAGED : STRAIGHT;
}

struct place {
    int64_t device_id, requested;
    uint32_t row;
};

static int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->device_id != y->device_id)
        return x->device_id < y->device_id ? -1 : 1;
    return x->requested < y->requested ? -1 : x->requested > y->requested;
}

/* The exchanges in the order of their table's key: neighbours go into the same page of the index, and a
 * device's rows lie together.
 * @return to be freed; NULL, as they stand, if memory is short */
static uint32_t *by_key(const struct rows *rows)
{
    size_t n = rows->exchange_count;
    struct place *places = malloc((n + 1) * sizeof(*places));
    uint32_t *order = malloc((n + 1) * sizeof(*order));

    if (places && order) {
        for (size_t i = 0; i < n; i++)
            places[i] = (struct place){
                (int64_t)rows->exchange[i].device_id, rows->exchange[i].requested, (uint32_t)i};
        qsort(places, n, sizeof(*places), place_compare);
        for (size_t i = 0; i < n; i++)
            order[i] = places[i].row;
    } else {
        free(order);
        order = NULL;
    }
    free(places);
    return order;
}

static bool goes_straight(const void *row, void *router)
{
    return way_of(router, row) == STRAIGHT;
}

static bool goes_staged(const void *row, void *router)
{
    return way_of(router, row) == STAGED;
}

static bool goes_outlier(const void *row, void *router)
{
    return way_of(router, row) == OUTLIER;
}

static void plan_exchanges(struct plan *p, const struct rows *rows, struct router *router)
{
    static const struct {
        const char *target;
        copy_pick_fn pick;
        unsigned has;
    } ways[WAYS] = {
        [STRAIGHT] = {"ikewatch.exchange", goes_straight, 0},
        [STAGED] = {"pg_temp.stage_exchange", goes_staged, HAS_EXCHANGE},
        [OUTLIER] = {"pg_temp.stage_outlier", goes_outlier, HAS_OUTLIER},
    };
    size_t counts[WAYS] = {0};

    for (size_t i = 0; i < rows->exchange_count; i++)
        counts[way_of(router, &rows->exchange[i])]++;
    for (size_t w = 0; w < WAYS; w++) {
        if (counts[w] == 0)
            continue;
        p->jobs[p->count++] = (struct copy_job){ways[w].target, &row_tables[ROW_TABLE_exchange],
            rows->exchange, rows->exchange_count, ways[w].pick, router, router->order};
        p->has |= ways[w].has;
    }
}

/* About how many quarters of an hour the outages last through. */
static unsigned buckets_of(const struct rows *r)
{
    int64_t n = 0;

    for (size_t i = 0; i < r->outage_count; i++) {
        const struct row_outage *o = &r->outage[i];
        n += o->up_at == TIME_NONE || o->up_at < o->down_at ? 1 : 1 + (o->up_at - o->down_at) / BUCKET_MS;
    }
    return n == 0 ? 0 : n <= BUCKETS_FEW ? HAS_FEW_BUCKETS : HAS_MANY_BUCKETS;
}

static void plan_init(struct plan *p, struct router *router, const struct flush *f)
{
    const struct rows *r = f->rows;

    p->count = 0;
    p->has = buckets_of(r);
#define STAGE(bit, table)                                                                                    \
    plan_add(p, bit, "pg_temp.stage_" #table, ROW_TABLE_##table, r->table, r->table##_count)
    STAGE(HAS_DEVICE, device);
    STAGE(HAS_TUNNEL, tunnel);
    plan_exchanges(p, r, router);
    STAGE(HAS_TRANSITION, transition);
    STAGE(HAS_INCIDENT, incident);
    STAGE(HAS_EVIDENCE, evidence);
    STAGE(HAS_OUTAGE, outage);
    STAGE(HAS_DEAD_LETTER, dead_letter);
    STAGE(HAS_UNKNOWN_TEMPLATE, unknown_template);
#undef STAGE
    if (f->checkpoint.ptr) {
        p->checkpoint.state = f->checkpoint;
        p->checkpoint.config = f->config;
        p->jobs[p->count++] = (struct copy_job){
            "pg_temp.stage_checkpoint", &checkpoint_table, &p->checkpoint, 1, NULL, NULL, NULL};
        p->has |= HAS_CHECKPOINT;
    }
}

/* Deleting is cheaper by far, but leaves something behind that the next batches have to step over. */
static struct pg_step emptying(const struct plan *p, unsigned nth)
{
    if (p->has & HAS_CHECKPOINT || nth % TRUNCATE_EVERY == 0)
        return (struct pg_step){"stage_truncate", sql_stage_truncate, NULL, 0, true};
    return (struct pg_step){"stage_empty", sql_stage_empty, NULL, 0, false};
}

static size_t plan_steps(const struct plan *p, unsigned nth, const struct position_params *params,
    const struct position_params *dead, struct pg_step *steps)
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct position_params *own = rules[i].when == HAS_DEAD_LETTER ? dead : params;
        if (p->has & rules[i].when)
            steps[n++] = (struct pg_step){
                rules[i].name, rules[i].sql, own->list + rules[i].first, rules[i].count, rules[i].replan};
    }
    if (p->count > 0)
        steps[n++] = emptying(p, nth);
    steps[n++] = (struct pg_step){"commit", "COMMIT", NULL, 0, true};
    return n;
}

static int commit(struct pg *pg, struct router *router, const struct flush *f)
{
    struct plan plan;
    struct position_params params, dead;
    struct pg_step steps[STEPS_MAX];

    position_params_init(&params, &f->key);
    position_params_add(&params, f->to);
    position_params_add(&params, f->epoch);
    position_params_add(&params, f->from);
    position_params_add(&params, f->watermark_ms);
    position_params_add(&params, f->end_offset);
    position_params_add(&params, f->last_offset);
    position_params_add(&params, f->last_hash);
    position_params_init(&dead, &f->key);
    position_params_add(&dead, f->dead_letter_max ? (int64_t)f->dead_letter_max : LONG_NONE);
    plan_init(&plan, router, f);
    const struct pg_step advance = {
        "position_advance_call", sql_position_advance_call, params.list, params.n, false};
    int rc = copy_begin(pg, &advance, plan.jobs, plan.count);
    return rc < 0 ? rc : pg_pipeline(pg, steps, plan_steps(&plan, copy_begun(pg), &params, &dead, steps));
}

int flush_commit(struct pg *pg, struct known_days *known, const struct flush *f)
{
    struct router router = {.known = known, .order = by_key(f->rows)};
    int rc = pg_script_once(pg, "stage", sql_stage);

    if (rc == 0)
        rc = commit(pg, &router, f);
    if (rc == ERR_DBROW && strcmp(pg_sqlstate(pg), UNIQUE_VIOLATION) == 0) {
        router.cautious = true; /* a state rebuilt by replay may not know that a row is stored */
        rc = commit(pg, &router, f);
    }
    if (rc == ERR_DBROW && strcmp(pg_sqlstate(pg), CHECK_VIOLATION) == 0 && !*pg_constraint(pg)) {
        known_days_forget(known); /* a row's day has been dropped by retention since we asked */
        rc = ERR_DBRETRY;
    }
    free(router.order);
    return rc;
}

static int note_row(void *ctx, const struct span *columns, size_t n)
{
    (void)columns;
    (void)n;
    *(bool *)ctx = true;
    return 0;
}

int rollup_flap_window(struct pg *pg, int64_t flap_window_ms)
{
    static const struct pg_step recount[] = {
        {"rollup_touch_all", sql_rollup_touch_all, NULL, 0, true},
        {"rollup_plan", sql_rollup_plan, NULL, 0, true},
        {"rollup_15m_many", sql_rollup_15m, NULL, 0, true},
        {"rollup_daily_many", sql_rollup_daily, NULL, 0, true},
        {"stage_truncate", sql_stage_truncate, NULL, 0, true},
    };
    char value[POSITION_NUMBER_BYTES];
    bool changed = false;

    snprintf(value, sizeof(value), "%lld", (long long)flap_window_ms);
    const struct pg_param params[] = {{SPAN("flap_window_ms")}, {span_of(value)}};
    int rc = pg_script_once(pg, "stage", sql_stage);
    if (rc == 0)
        rc = pg_script(pg, "begin", "BEGIN");
    if (rc == 0)
        rc = pg_query(pg, "setting_change", sql_setting_change, params, 2, note_row, &changed);
    if (rc == 0 && changed)
        rc = pg_script(pg, "rollup_lock", sql_rollup_lock);
    if (rc == 0 && changed)
        rc = pg_pipeline(pg, recount, sizeof(recount) / sizeof(recount[0]));
    if (!pg_alive(pg))
        return ERR_DBCONN;
    int end = pg_script(pg, "end", rc == 0 ? "COMMIT" : "ROLLBACK");
    return rc < 0 ? rc : end;
}
