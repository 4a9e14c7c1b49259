#include "schema/flush.h"
#include "tests/sql/database.h"
#include "tests/sql/session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

Test(rollup, a_long_outage_is_spread_over_its_quarters)
{
    struct session s;

    session_open(&s, database_with_schema("flush_spread"));
    add_outage(&s, 1, noon - 60000, TIME_NONE);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg,
            "SELECT string_agg(concat_ws(' ', outages, ended, downtime_ms), '|') FROM ikewatch.flap_15m"),
        "1 0 0");
    struct row_outage *o = add_outage(&s, 1, noon - 60000, noon + 900001);
    o->blackout_from = noon - 960000;
    o->cause = SPAN("path-loss");
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg, "SELECT string_agg(concat_ws(' ', outages, ended, flaps, downtime_ms, "
                            "blackout_ms, repair_ms), '|' ORDER BY bucket) FROM ikewatch.flap_15m"),
        "0 0 0 0 60000 0|1 1 0 60000 900000 960001|0 0 0 900000 900000 0|0 0 0 1 1 0");
    cr_assert_str_eq(database_text(s.pg, "SELECT concat_ws(' ', cause, outages, ended, downtime_ms, "
                                         "blackout_ms, repair_ms, longest_ms) FROM ikewatch.flap_daily"),
        "path-loss 1 1 960001 1860001 960001 960001");
    session_close(&s);
}

Test(rollup, another_flap_window_recounts)
{
    struct session s;

    session_open(&s, database_with_schema("flush_window"));
    add_outage(&s, 1, noon, noon + 900000);
    add_outage(&s, 2, noon + 1000000, noon + 1900001);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(database_number(s.pg, "SELECT sum(flaps) FROM ikewatch.flap_15m"), 1,
        "15 minutes is within, a millisecond more is not");
    cr_assert_eq(rollup_flap_window(s.pg, 900001), 0);
    cr_assert_eq(database_number(s.pg, "SELECT sum(flaps) FROM ikewatch.flap_15m"), 2);
    cr_assert_eq(database_number(s.pg, "SELECT flaps FROM ikewatch.flap_daily"), 2);
    cr_assert_eq(rollup_flap_window(s.pg, 900001), 0);
    session_close(&s);
}

/* --- a small fleet whose rows change, for the prefix property --- */

enum { TUNNELS = 4, EVENTS = 600, OUTAGES_MAX = EVENTS + 1 };

struct fleet {
    uint32_t random;
    int64_t now;
    struct row_outage outages[OUTAGES_MAX];
    struct row_exchange exchanges[OUTAGES_MAX];
    bool outage_changed[OUTAGES_MAX], exchange_changed[OUTAGES_MAX];
    size_t outage_count, exchange_count, open[TUNNELS]; /* index + 1 of the open outage; 0: up */
};

static uint32_t fleet_random(struct fleet *f, uint32_t below)
{
    f->random = f->random * 1664525u + 1013904223u;
    return (f->random >> 8) % below;
}

static void fleet_toggle(struct fleet *f, size_t tunnel)
{
    static const struct span causes[] = {{"path-loss", 9}, {"peer-delete", 11}, {NULL, 0}};
    size_t at = f->open[tunnel] ? f->open[tunnel] - 1 : f->outage_count++;
    struct row_outage *o = &f->outages[at];

    f->outage_changed[at] = true;
    if (f->open[tunnel]) {
        o->up_at = f->now;
        o->cause = causes[fleet_random(f, 3)];
        f->open[tunnel] = 0;
        return;
    }
    *o = (struct row_outage){.device_id = 1 + tunnel / 2,
        .outage_id = 1000 + at,
        .tunnel_id = tunnel,
        .incident_id = at,
        .down_at = f->now,
        .up_at = TIME_NONE,
        .blackout_from = fleet_random(f, 2) ? f->now - fleet_random(f, 400000) : TIME_NONE,
        .cause = causes[fleet_random(f, 3)],
        .symptom = SPAN("down")};
    f->open[tunnel] = at + 1;
}

static void fleet_exchange(struct fleet *f, size_t tunnel)
{
    bool fresh = f->exchange_count == 0 || fleet_random(f, 2);
    size_t at = fresh ? f->exchange_count++ : f->exchange_count - 1;
    struct row_exchange *e = &f->exchanges[at];

    f->exchange_changed[at] = true;
    if (fresh)
        *e = (struct row_exchange){.device_id = 1 + tunnel / 2,
            .exchange_id = 5000 + at,
            .tunnel_id = tunnel,
            .requested = f->now,
            .answered = TIME_NONE,
            .ike_sa = LONG_NONE,
            .message_id = LONG_NONE,
            .retransmits = INT_NONE,
            .request_bytes = INT_NONE,
            .response_bytes = INT_NONE,
            .outcome = SPAN("pending")};
    else
        e->near_miss = fleet_random(f, 2);
}

static void fleet_collect(struct fleet *f, struct rows *rows)
{
    for (size_t i = 0; i < f->outage_count; i++)
        if (f->outage_changed[i])
            *rows_add_outage(rows) = f->outages[i];
    for (size_t i = 0; i < f->exchange_count; i++)
        if (f->exchange_changed[i]) {
            *rows_add_exchange(rows) = f->exchanges[i];
            f->exchanges[i].stored = true;
        }
    memset(f->outage_changed, 0, sizeof(f->outage_changed));
    memset(f->exchange_changed, 0, sizeof(f->exchange_changed));
}

/* The same events, committed every `batch` of them. */
static void fleet_run(struct session *s, size_t batch)
{
    struct fleet *f = calloc(1, sizeof(*f));

    f->random = 4;
    f->now = noon;
    for (size_t i = 1; i <= EVENTS; i++) {
        f->now += 1000 * fleet_random(f, 1800);
        if (fleet_random(f, 2))
            fleet_toggle(f, fleet_random(f, TUNNELS));
        else
            fleet_exchange(f, fleet_random(f, TUNNELS));
        s->flush.record_ms = f->now;
        if (i % batch == 0 || i == EVENTS) {
            fleet_collect(f, &s->rows);
            cr_assert_eq(session_flush(s), 0);
        }
    }
    free(f);
}

Test(rollup, batches_of_any_size_end_in_the_same_content)
{
    static const size_t sizes[] = {1, 7, 100, EVENTS};
    char *digests[4];

    for (size_t i = 0; i < 4; i++) {
        struct session s;
        char name[32];
        snprintf(name, sizeof(name), "flush_batches_%zu", i);
        session_open(&s, database_with_schema(name));
        fleet_run(&s, sizes[i]);
        digests[i] = database_digest(s.pg);
        cr_expect_str_eq(
            digests[i], digests[0], "batches of %zu:\n%s\nof 1:\n%s", sizes[i], digests[i], digests[0]);
        session_close(&s);
    }
    cr_expect_null(strstr(digests[0], "near_miss_15m 0"), "the fleet has near misses:\n%s", digests[0]);
    for (size_t i = 0; i < 4; i++)
        free(digests[i]);
}

/* By range intersection over every quarter of the fleet's time, with no look at how the rollup does it. */
static const char brute_force[] =
    "WITH b AS (SELECT g AS bucket, tstzrange(g, g + interval '15 minutes') AS span FROM generate_series("
    "  (SELECT date_bin('15 minutes', min(least(down_at, blackout_from)), 'epoch') FROM ikewatch.outage),"
    "  (SELECT max(greatest(down_at, up_at)) FROM ikewatch.outage), interval '15 minutes') AS g),"
    "o AS (SELECT *, tstzrange(down_at, up_at) AS down, tstzrange(least(down_at, blackout_from), up_at) AS "
    "dark FROM ikewatch.outage),"
    "x AS (SELECT o.*, b.bucket, b.span @> o.down_at AS here,"
    "  CASE WHEN up_at IS NOT NULL THEN upper(down * span) - lower(down * span) END AS d,"
    "  CASE WHEN up_at IS NOT NULL THEN upper(dark * span) - lower(dark * span) END AS k"
    "  FROM o JOIN b ON b.span @> o.down_at OR (up_at IS NOT NULL AND dark && span)),"
    "brute AS (SELECT device_id, tunnel_id, bucket, coalesce(cause, 'unknown') AS cause, count(*) FILTER "
    "(WHERE here) AS outages,"
    "  count(up_at) FILTER (WHERE here) AS ended,"
    "  count(*) FILTER (WHERE here AND up_at <= down_at + interval '15 minutes') AS flaps,"
    "  coalesce(extract(epoch FROM sum(d)) * 1000, 0)::bigint AS downtime_ms,"
    "  coalesce(extract(epoch FROM sum(k)) * 1000, 0)::bigint AS blackout_ms FROM x GROUP BY 1, 2, 3, 4),"
    "stored AS (SELECT device_id, tunnel_id, bucket, cause, outages, ended, flaps, downtime_ms, blackout_ms "
    "FROM ikewatch.flap_15m)"
    "SELECT (SELECT count(*) FROM stored) > 100, (SELECT count(*) FROM (TABLE brute EXCEPT TABLE stored) AS "
    "m),"
    "       (SELECT count(*) FROM (TABLE stored EXCEPT TABLE brute) AS m)";

static int take_three(void *ctx, const struct span *columns, size_t n)
{
    cr_assert_eq(n, 3);
    cr_expect(span_eq(columns[0], SPAN("t")), "there is something to compare");
    cr_expect(
        span_eq(columns[1], SPAN("0")), "missing or different: %.*s", (int)columns[1].len, columns[1].ptr);
    cr_expect(
        span_eq(columns[2], SPAN("0")), "too many or different: %.*s", (int)columns[2].len, columns[2].ptr);
    *(bool *)ctx = true;
    return 0;
}

Test(rollup, rollups_equal_brute_force_over_outages)
{
    struct session s;
    bool compared = false;

    session_open(&s, database_with_schema("flush_brute"));
    fleet_run(&s, 3);
    cr_assert_eq(pg_query(s.pg, "brute", brute_force, NULL, 0, take_three, &compared), 0);
    cr_assert(compared);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM (SELECT device_id, tunnel_id, (bucket AT TIME "
                                       "ZONE 'UTC')::date, cause, sum(outages), sum(flaps), "
                                       "sum(downtime_ms), sum(repair_ms), max(longest_ms) FROM "
                                       "ikewatch.flap_15m GROUP BY 1, 2, 3, 4 EXCEPT "
                                       "SELECT device_id, tunnel_id, day, cause, outages, flaps, "
                                       "downtime_ms, repair_ms, longest_ms FROM ikewatch.flap_daily) AS m"),
        0);
    session_close(&s);
}
