#include "schema/position.h"
#include "schema/sql.h"

struct teller {
    moved_fn moved;
    void *ctx;
};

static int tell(void *ctx, const struct span *columns, size_t n)
{
    const struct teller *teller = ctx;
    uint64_t from, incidents;

    if (n != 3 || !span_u64(columns[2], &incidents))
        return ERR_BUG;
    bool known = span_u64(columns[1], &from);
    teller->moved(teller->ctx, columns[0], known ? (int32_t)from : -1, (size_t)incidents);
    return 0;
}

static int settle(struct pg *pg, const struct position_params *p, struct teller *teller)
{
    const struct pg_step close[] = {
        {"flush_outage", sql_flush_outage, NULL, 0, false},
        {"rollup_plan", sql_rollup_plan, NULL, 0, true},
        {"rollup_15m_many", sql_rollup_15m, NULL, 0, true},
        {"rollup_daily_many", sql_rollup_daily, NULL, 0, true},
        {"stage_empty", sql_stage_empty, NULL, 0, false},
        {"move_news", sql_move_news, p->list, p->n, true},
    };
    int rc = pg_script(pg, "move.begin", "BEGIN");

    if (rc == 0)
        rc = pg_query(pg, "move_settle", sql_move_settle, p->list + 1, p->n - 1, tell, teller);
    return rc == 0 ? pg_pipeline(pg, close, sizeof(close) / sizeof(close[0])) : rc;
}

int partition_moved(struct pg *pg, const struct partition_key *key, moved_fn moved, void *ctx)
{
    struct position_params p;
    struct teller teller = {moved, ctx};

    position_params_init(&p, key);
    int rc = pg_script_once(pg, "stage", sql_stage);
    if (rc == 0)
        rc = settle(pg, &p, &teller);
    if (!pg_alive(pg))
        return ERR_DBCONN;
    int end = pg_script(pg, "move.end", rc == 0 ? "COMMIT" : "ROLLBACK");
    return rc < 0 ? rc : end;
}
