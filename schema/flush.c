#include "schema/flush.h"

#include "schema/copy.h"
#include "schema/partition.h"
#include "schema/position.h"
#include "schema/sql.h"

#include <stdio.h>

enum { JOBS_MAX = ROW_TABLES + 3, STEPS_MAX = 20 };

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
};

/* The set-based part of a flush in order; `params` of group, topic, partition, to, epoch, from, watermark,
 * end offset. */
static const struct {
    unsigned when;
    const char *name, *sql;
    size_t first, count;
} rules[] = {
    {HAS_DEVICE, "flush_device", sql_flush_device, 0, 0},
    {HAS_DEVICE, "flush_device_source", sql_flush_device_source, 1, 2},
    {HAS_TUNNEL, "flush_tunnel", sql_flush_tunnel, 0, 0},
    {HAS_EXCHANGE, "flush_exchange", sql_flush_exchange, 0, 0},
    {HAS_OUTLIER, "flush_outlier", sql_flush_outlier, 0, 0},
    {HAS_EXCHANGE | HAS_OUTLIER, "flush_near_miss", sql_flush_near_miss, 0, 0},
    {HAS_EXCHANGE | HAS_OUTLIER, "rollup_miss_15m", sql_rollup_miss_15m, 0, 0},
    {HAS_EXCHANGE | HAS_OUTLIER, "rollup_miss_daily", sql_rollup_miss_daily, 0, 0},
    {HAS_TRANSITION, "flush_transition", sql_flush_transition, 0, 4},
    {HAS_INCIDENT, "flush_incident", sql_flush_incident, 0, 4},
    {HAS_EVIDENCE, "flush_evidence", sql_flush_evidence, 0, 0},
    {HAS_OUTAGE, "flush_outage", sql_flush_outage, 0, 0},
    {HAS_OUTAGE, "rollup_15m", sql_rollup_15m, 0, 0},
    {HAS_OUTAGE, "rollup_daily", sql_rollup_daily, 0, 0},
    {HAS_DEAD_LETTER, "flush_dead_letter", sql_flush_dead_letter, 0, 3},
    {HAS_UNKNOWN_TEMPLATE, "flush_unknown_template", sql_flush_unknown_template, 0, 3},
    {HAS_CHECKPOINT, "flush_checkpoint", sql_flush_checkpoint, 0, 4},
};

struct checkpoint_row {
    struct span state;
};

static const struct row_column checkpoint_columns[] = {
    {"state", ROW_KIND_BYTES, offsetof(struct checkpoint_row, state)}};
static const struct row_table checkpoint_table = {
    "checkpoint", checkpoint_columns, 1, sizeof(struct checkpoint_row)};

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
    p->jobs[p->count++] = (struct copy_job){target, &row_tables[table], rows, count, NULL, NULL};
    p->has |= has;
}

/* Where an exchange goes: straight in if nothing of it can be there yet. A near miss is staged because a fact
 * is derived from it. */
enum way { STRAIGHT, STAGED, OUTLIER };

static enum way way_of(const struct row_exchange *row, const struct known_days *known)
{
    if (!known_days_has(known, row->requested))
        return OUTLIER;
    return row->stored || row->near_miss ? STAGED : STRAIGHT;
}

static bool goes_straight(const void *row, void *ctx)
{
    return way_of(row, ctx) == STRAIGHT;
}

static bool goes_staged(const void *row, void *ctx)
{
    return way_of(row, ctx) == STAGED;
}

static bool goes_outlier(const void *row, void *ctx)
{
    return way_of(row, ctx) == OUTLIER;
}

static void plan_exchanges(struct plan *p, const struct rows *r, struct known_days *known)
{
    static const struct {
        const char *target;
        copy_pick_fn pick;
        unsigned has;
    } ways[] = {
        [STRAIGHT] = {"ikewatch.exchange", goes_straight, 0},
        [STAGED] = {"pg_temp.stage_exchange", goes_staged, HAS_EXCHANGE},
        [OUTLIER] = {"pg_temp.stage_outlier", goes_outlier, HAS_OUTLIER},
    };
    size_t counts[3] = {0};

    for (size_t i = 0; i < r->exchange_count; i++)
        counts[way_of(&r->exchange[i], known)]++;
    for (size_t w = 0; w < 3; w++) {
        if (counts[w] == 0)
            continue;
        p->jobs[p->count++] = (struct copy_job){ways[w].target, &row_tables[ROW_TABLE_exchange], r->exchange,
            r->exchange_count, ways[w].pick, known};
        p->has |= ways[w].has;
    }
}

static void plan_init(struct plan *p, struct known_days *known, const struct flush *f)
{
    const struct rows *r = f->rows;

    p->count = 0;
    p->has = 0;
#define STAGE(bit, table)                                                                                    \
    plan_add(p, bit, "pg_temp.stage_" #table, ROW_TABLE_##table, r->table, r->table##_count)
    STAGE(HAS_DEVICE, device);
    STAGE(HAS_TUNNEL, tunnel);
    plan_exchanges(p, r, known);
    STAGE(HAS_TRANSITION, transition);
    STAGE(HAS_INCIDENT, incident);
    STAGE(HAS_EVIDENCE, evidence);
    STAGE(HAS_OUTAGE, outage);
    STAGE(HAS_DEAD_LETTER, dead_letter);
    STAGE(HAS_UNKNOWN_TEMPLATE, unknown_template);
#undef STAGE
    if (f->checkpoint.ptr) {
        p->checkpoint.state = f->checkpoint;
        p->jobs[p->count++] =
            (struct copy_job){"pg_temp.stage_checkpoint", &checkpoint_table, &p->checkpoint, 1, NULL, NULL};
        p->has |= HAS_CHECKPOINT;
    }
}

static size_t plan_steps(const struct plan *p, const struct position_params *params, struct pg_step *steps)
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (p->has & rules[i].when)
            steps[n++] =
                (struct pg_step){rules[i].name, rules[i].sql, params->list + rules[i].first, rules[i].count};
    steps[n++] =
        (struct pg_step){"position_advance_call", sql_position_advance_call, params->list, params->n};
    steps[n++] = (struct pg_step){"commit", "COMMIT", NULL, 0};
    return n;
}

int flush_commit(struct pg *pg, struct known_days *known, const struct flush *f)
{
    struct plan plan;
    struct position_params params;
    struct pg_step steps[STEPS_MAX];

    position_params_init(&params, &f->key);
    position_params_add(&params, f->to);
    position_params_add(&params, f->epoch);
    position_params_add(&params, f->from);
    position_params_add(&params, f->watermark_ms);
    position_params_add(&params, f->end_offset);
    plan_init(&plan, known, f);
    int rc = pg_script_once(pg, "stage", sql_stage);
    if (rc == 0)
        rc = copy_begin(pg, plan.jobs, plan.count);
    if (rc == 0)
        rc = pg_pipeline(pg, steps, plan_steps(&plan, &params, steps));
    if (rc == ERR_DB && strcmp(pg_sqlstate(pg), "23514") == 0) {
        known_days_forget(known); /* a row's day has been dropped by retention since we asked */
        return ERR_DBRETRY;
    }
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
        {"rollup_touch_all", sql_rollup_touch_all, NULL, 0},
        {"rollup_15m", sql_rollup_15m, NULL, 0},
        {"rollup_daily", sql_rollup_daily, NULL, 0},
    };
    char value[POSITION_NUMBER_BYTES];
    bool changed = false;

    snprintf(value, sizeof(value), "%lld", (long long)flap_window_ms);
    const struct pg_param params[] = {{SPAN("flap_window_ms")}, {span_of(value)}};
    int rc = pg_script_once(pg, "stage", sql_stage);
    if (rc == 0)
        rc = pg_script(pg, "begin", "BEGIN");
    if (rc == 0)
        rc = pg_script(pg, "rollup_lock", sql_rollup_lock);
    if (rc == 0)
        rc = pg_query(pg, "setting_change", sql_setting_change, params, 2, note_row, &changed);
    if (rc == 0 && changed)
        rc = pg_pipeline(pg, recount, sizeof(recount) / sizeof(recount[0]));
    if (!pg_alive(pg))
        return ERR_DBCONN;
    int end = pg_script(pg, "end", rc == 0 ? "COMMIT" : "ROLLBACK");
    return rc < 0 ? rc : end;
}
