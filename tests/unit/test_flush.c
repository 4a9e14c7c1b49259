#include "schema/flush.h"
#include "schema/migrate.h"
#include "tests/sql/database.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t day_ms = 86400000, noon = 1781784000000; /* 2026-06-18 12:00 UTC */

/* A session that owns partition 3 and collects a batch. */
struct session {
    struct pg *pg;
    struct known_days *days;
    struct rows rows;
    struct claim claim;
    struct flush flush;
};

static const struct partition_key key = {"g", "t", 3};

static void session_open(struct session *s, struct pg *pg)
{
    *s = (struct session){.pg = pg, .days = known_days_new(400 * day_ms)};
    cr_assert_eq(rows_init(&s->rows), 0);
    cr_assert_eq(partition_claim(pg, &key, "host:1:a", &s->claim), 0);
    s->flush = (struct flush){.key = key,
        .epoch = s->claim.epoch,
        .from = s->claim.position,
        .watermark_ms = noon,
        .record_ms = noon,
        .end_offset = 1000,
        .rows = &s->rows,
        .checkpoint = SPAN_NONE};
}

static void session_close(struct session *s)
{
    free((void *)s->claim.checkpoint.ptr);
    rows_free(&s->rows);
    known_days_free(s->days);
    pg_close(s->pg);
}

/* The batch, as records [from, from + 1). */
static int session_flush(struct session *s)
{
    s->flush.to = s->flush.from + 1;
    int rc = flush_prepare(s->pg, s->days, &s->flush);
    if (rc == 0)
        rc = flush_commit(s->pg, s->days, &s->flush);
    if (rc == 0) {
        s->flush.from = s->flush.to;
        rows_reset(&s->rows);
    }
    return rc;
}

static struct row_exchange *add_exchange(struct session *s, uint64_t id, int64_t requested)
{
    struct row_exchange *e = rows_add_exchange(&s->rows);

    e->device_id = 1;
    e->exchange_id = id;
    e->tunnel_id = 7;
    e->requested = requested;
    e->direction = SPAN("out");
    e->exchange = SPAN("INFORMATIONAL");
    e->outcome = SPAN("pending");
    return e;
}

static struct row_incident *add_incident(struct session *s, uint64_t id)
{
    struct row_incident *i = rows_add_incident(&s->rows);

    i->device_id = 1;
    i->incident_id = id;
    i->tunnel_id = 7;
    i->symptom = SPAN("down");
    i->began = noon;
    return i;
}

static void add_evidence(struct session *s, uint64_t incident, int32_t ordinal, struct span text)
{
    struct row_evidence *e = rows_add_evidence(&s->rows);

    e->device_id = 1;
    e->incident_id = incident;
    e->ordinal = ordinal;
    e->text = text;
}

static void add_transition(struct session *s, uint64_t id)
{
    struct row_transition *t = rows_add_transition(&s->rows);

    t->device_id = 1;
    t->tunnel_id = 7;
    t->at = noon;
    t->transition_id = id;
    t->state = SPAN("down");
}

static struct row_outage *add_outage(struct session *s, uint64_t id, int64_t down_at, int64_t up_at)
{
    struct row_outage *o = rows_add_outage(&s->rows);

    o->device_id = 1;
    o->outage_id = id;
    o->tunnel_id = 7;
    o->down_at = down_at;
    o->up_at = up_at;
    o->symptom = SPAN("down");
    return o;
}

Test(flush, stores_and_moves_the_position)
{
    struct session s;
    int64_t position = 0, epoch = 0;

    session_open(&s, database_with_schema("flush_stores"));
    add_exchange(&s, 1, noon);
    add_incident(&s, 5);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(partition_position(s.pg, &key, &position, &epoch), 0);
    cr_assert_eq(position, 1);
    cr_assert_eq(epoch, s.claim.epoch);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.exchange_20260618"), 1);
    cr_assert_str_eq(database_text(s.pg, "SELECT watermark || ' ' || end_offset FROM ikewatch.position"),
        "2026-06-18 12:00:00+00 1000");
    session_close(&s);
}

Test(flush, an_empty_batch_moves_the_position)
{
    struct session s;

    session_open(&s, database_with_schema("flush_nothing"));
    s.flush.watermark_ms = TIME_NONE;
    s.flush.record_ms = 0;
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(database_number(s.pg, "SELECT position FROM ikewatch.position"), 1);
    session_close(&s);
}

Test(flush, a_former_owner_is_fenced_and_writes_nothing)
{
    struct session former, owner;
    size_t moved;

    session_open(&former, database_with_schema("flush_fenced"));
    char *uri = strdup(database_text(former.pg, "SELECT current_database()"));
    char full[512];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");
    snprintf(full, sizeof(full), "%.*s/%s", (int)(strrchr(server, '/') - server), server, uri);
    free(uri);
    session_open(&owner, database_open(full));
    cr_assert_eq(owner.claim.epoch, former.claim.epoch + 1);
    char *before = database_digest(owner.pg);
    add_incident(&former, 5);
    cr_assert_eq(session_flush(&former), ERR_FENCED);
    char *after = database_digest(owner.pg);
    cr_assert_str_eq(after, before);
    cr_assert_eq(partition_heartbeat(former.pg, &key, former.claim.epoch, 9, &moved), ERR_FENCED);
    cr_assert_eq(partition_release(former.pg, &key, former.claim.epoch), 0);
    cr_assert_str_eq(database_text(owner.pg, "SELECT owner FROM ikewatch.position"), "host:1:a");
    add_incident(&owner, 5);
    cr_assert_eq(session_flush(&owner), 0, "the owner goes on");
    free(before);
    free(after);
    session_close(&former);
    session_close(&owner);
}

Test(flush, a_batch_sent_twice_is_stored_once)
{
    struct session s;

    session_open(&s, database_with_schema("flush_twice"));
    add_incident(&s, 5);
    cr_assert_eq(session_flush(&s), 0);
    s.flush.from = 0;
    add_incident(&s, 6);
    cr_assert_eq(session_flush(&s), ERR_FENCED);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.incident"), 1);
    session_close(&s);
}

Test(flush, a_refused_row_leaves_nothing)
{
    struct session s;

    session_open(&s, database_with_schema("flush_refused"));
    add_exchange(&s, 1, noon);
    add_incident(&s, 5)->side = SPAN("nobody");
    cr_assert_eq(session_flush(&s), ERR_DBROW);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.exchange"), 0);
    cr_assert_eq(database_number(s.pg, "SELECT position FROM ikewatch.position"), 0);
    rows_reset(&s.rows);
    cr_assert_eq(session_flush(&s), 0, "the session is usable");
    session_close(&s);
}

Test(flush, a_row_that_did_not_change_is_not_written)
{
    struct session s;

    session_open(&s, database_with_schema("flush_same"));
    add_incident(&s, 5)->proposal_diff = SPAN("{\"fix\": \"pfs group-14\"}");
    cr_assert_eq(session_flush(&s), 0);
    const char *before = database_text(s.pg, "SELECT xmin FROM ikewatch.incident");
    add_incident(&s, 5)->proposal_diff = SPAN("{\"fix\":\"pfs group-14\"}");
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(database_text(s.pg, "SELECT xmin FROM ikewatch.incident"), before);
    add_incident(&s, 5)->cause = SPAN("path-loss");
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(
            s.pg, "SELECT cause || ' ' || coalesce(proposal_diff::text, 'none') FROM ikewatch.incident"),
        "path-loss none");
    session_close(&s);
}

Test(flush, evidence_is_replaced_as_a_set)
{
    struct session s;

    session_open(&s, database_with_schema("flush_evidence"));
    for (int32_t i = 1; i <= 3; i++) {
        add_evidence(&s, 5, i, SPAN("old"));
        add_evidence(&s, 6, i, SPAN("other"));
    }
    cr_assert_eq(session_flush(&s), 0);
    add_evidence(&s, 5, 1, SPAN("new"));
    add_evidence(&s, 5, 2, SPAN("old"));
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(database_text(s.pg,
                         "SELECT string_agg(text, ' ' ORDER BY incident_id, ordinal) FROM ikewatch.evidence"),
        "new old other other other");
    session_close(&s);
}

Test(flush, an_exchange_is_updated_and_becomes_a_near_miss)
{
    struct session s;

    session_open(&s, database_with_schema("flush_exchange"));
    add_exchange(&s, 1, noon);
    cr_assert_eq(session_flush(&s), 0);
    struct row_exchange *e = add_exchange(&s, 1, noon);
    e->stored = e->near_miss = true;
    e->outcome = SPAN("answered");
    add_exchange(&s, 2, noon + 1)->near_miss = true;
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(
            s.pg, "SELECT string_agg(outcome::text, ' ' ORDER BY exchange_id) FROM ikewatch.every_exchange"),
        "answered pending");
    cr_assert_eq(database_number(s.pg, "SELECT near_misses FROM ikewatch.near_miss_15m"), 2);
    e = add_exchange(&s, 1, noon);
    e->stored = e->near_miss = true;
    e->tunnel_id = 8;
    add_exchange(&s, 2, noon + 1)->stored = true;
    cr_assert_eq(session_flush(&s), 0, "one is another tunnel's, the other none after all");
    cr_assert_str_eq(
        database_text(
            s.pg, "SELECT string_agg(tunnel_id || ':' || near_misses, ' ') FROM ikewatch.near_miss_daily"),
        "8:1");
    session_close(&s);
}

Test(flush, exchanges_lie_in_the_order_of_their_key)
{
    struct session s;

    session_open(&s, database_with_schema("flush_order"));
    add_exchange(&s, 1, noon + 2);
    add_exchange(&s, 2, noon)->device_id = 2;
    add_exchange(&s, 3, noon + 1);
    add_exchange(&s, 4, noon)->device_id = UINT64_MAX; /* -1 */
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg, "SELECT string_agg(exchange_id::text, ' ' ORDER BY ctid) FROM ikewatch.exchange"),
        "4 3 1 2");
    session_close(&s);
}

Test(flush, an_exchange_wrongly_said_to_be_new_is_updated)
{
    struct session s;

    session_open(&s, database_with_schema("flush_wrong"));
    add_exchange(&s, 1, noon);
    cr_assert_eq(session_flush(&s), 0);
    add_exchange(&s, 1, noon)->outcome = SPAN("answered");
    add_exchange(&s, 2, noon);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(
            s.pg, "SELECT string_agg(outcome::text, ' ' ORDER BY exchange_id) FROM ikewatch.every_exchange"),
        "answered pending");
    session_close(&s);
}

Test(flush, an_outage_that_ends_before_it_began_is_counted)
{
    struct session s;

    session_open(&s, database_with_schema("flush_backwards"));
    add_outage(&s, 1, noon, noon - 3600000);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg, "SELECT concat_ws(' ', outages, ended, downtime_ms) FROM ikewatch.flap_15m"),
        "1 1 0");
    session_close(&s);
}

Test(flush, days_are_made_on_demand_and_outliers_kept_apart)
{
    struct session s;

    session_open(&s, database_with_schema("flush_days"));
    add_exchange(&s, 1, noon - 399 * day_ms);
    add_exchange(&s, 2, noon - 401 * day_ms);
    add_exchange(&s, 3, noon + 2 * day_ms);
    add_exchange(&s, 4, -5);
    add_exchange(&s, 5, INT64_MAX)->near_miss = true;
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(database_text(s.pg, "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                                         "WHERE relispartition AND relkind = 'r'"),
        "exchange_20250515 exchange_20260618 exchange_20260619");
    cr_assert_str_eq(
        database_text(s.pg,
            "SELECT string_agg(exchange_id::text, ' ' ORDER BY exchange_id) FROM ikewatch.exchange_outlier"),
        "2 3 4 5");
    struct row_exchange *e = add_exchange(&s, 2, noon - 401 * day_ms);
    e->stored = true;
    e->outcome = SPAN("answered");
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg, "SELECT outcome FROM ikewatch.every_exchange WHERE exchange_id = 2"), "answered");
    s.flush.record_ms = noon + 2 * day_ms;
    add_exchange(&s, 6, noon + 2 * day_ms);
    cr_assert_eq(session_flush(&s), 0, "two days later it is a day like any other");
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.exchange_20260620"), 1);
    session_close(&s);
}

Test(flush, a_day_dropped_meanwhile_is_made_again)
{
    struct session s;

    session_open(&s, database_with_schema("flush_dropped"));
    add_exchange(&s, 1, noon);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(pg_script(s.pg, "drop", "DROP TABLE ikewatch.exchange_20260618"), 0);
    add_exchange(&s, 2, noon);
    cr_assert_eq(session_flush(&s), ERR_DBRETRY);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.exchange"), 1);
    session_close(&s);
}

Test(flush, dead_letters_once_and_unknown_templates_added)
{
    struct session s;

    session_open(&s, database_with_schema("flush_dead"));
    for (int i = 0; i < 2; i++) {
        struct row_dead_letter *d = rows_add_dead_letter(&s.rows);
        d->source_offset = 12;
        d->reason = SPAN("empty");
        d->record_value = span_from("\0\xff", 2);
        struct row_unknown_template *u = rows_add_unknown_template(&s.rows);
        u->template_id = 77;
        u->template = SPAN("fooled by #");
        u->count = 3;
        u->first_seen = u->last_seen = noon - i * 1000;
        cr_assert_eq(session_flush(&s), 0);
    }
    cr_assert_str_eq(database_text(s.pg, "SELECT topic || partition || ' ' || source_offset || ' ' || "
                                         "record_value::text FROM ikewatch.dead_letter"),
        "t3 12 \\x00ff");
    cr_assert_str_eq(
        database_text(
            s.pg, "SELECT count || ' ' || first_seen || ' ' || last_seen FROM ikewatch.unknown_template"),
        "6 2026-06-18 11:59:59+00 2026-06-18 12:00:00+00");
    session_close(&s);
}

Test(flush, a_checkpoint_comes_back_with_the_claim)
{
    enum { BYTES = 700000 };
    struct session s;
    struct claim again;
    char *state = malloc(BYTES);

    for (size_t i = 0; i < BYTES; i++)
        state[i] = (char)(i * 31 >> 3);
    session_open(&s, database_with_schema("flush_checkpoint"));
    cr_assert_eq(s.claim.checkpoint_position, LONG_NONE);
    cr_assert_null(s.claim.checkpoint.ptr);
    s.flush.checkpoint = span_from(state, BYTES);
    cr_assert_eq(session_flush(&s), 0);
    s.flush.checkpoint = SPAN_NONE;
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(partition_claim(s.pg, &key, "host:1:a", &again), 0);
    cr_assert_eq(again.position, 2);
    cr_assert_eq(again.checkpoint_position, 1);
    cr_assert(span_eq(again.checkpoint, span_from(state, BYTES)));
    free((void *)again.checkpoint.ptr);
    free(state);
    session_close(&s);
}

/* Rows in the session's temporary tables, whatever their names. */
static long long staged(struct session *s)
{
    return database_number(s->pg, "SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) "
                                  "AS n FROM %s', c.oid::regclass), "
                                  "false, true, '')))[1]::text::bigint) FROM pg_class AS c "
                                  "WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r'");
}

static long long staged_bytes(struct session *s)
{
    return database_number(s->pg, "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c "
                                  "WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r'");
}

/* One row at least in every staging table but the checkpoint's. */
static void add_one_of_each(struct session *s, uint64_t id)
{
    rows_add_device(&s->rows)->device_id = 1;
    s->rows.device[0].name = SPAN("vedge-1");
    struct row_tunnel *t = rows_add_tunnel(&s->rows);
    t->device_id = 1;
    t->tunnel_id = 7;
    t->name = SPAN("ipsec2");
    t->identity = SPAN("ftmd");
    t->state = SPAN("up");
    add_exchange(s, id, noon)->near_miss = true;
    add_exchange(s, 100 + id, noon - 900 * day_ms)->near_miss = true;
    add_transition(s, id);
    add_incident(s, id);
    add_evidence(s, id, 1, SPAN("a line"));
    add_outage(s, id, noon, noon + 60000);
    rows_add_dead_letter(&s->rows)->source_offset = (int64_t)id;
    s->rows.dead_letter[0].reason = SPAN("malformed");
    struct row_unknown_template *u = rows_add_unknown_template(&s->rows);
    u->template_id = id;
    u->template = u->sample = SPAN("?");
    u->first_seen = u->last_seen = noon;
    u->count = 1;
}

Test(flush, what_was_staged_is_gone_after_every_transaction)
{
    struct session s;

    session_open(&s, database_with_schema("flush_stage"));
    add_one_of_each(&s, 1);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(
        database_number(s.pg, "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() "
                              "AND relkind = 'r' AND pg_relation_size(oid) = 0"),
        1, "all but the checkpoint's were used");
    cr_assert_eq(staged(&s), 0, "stored");
    add_one_of_each(&s, 2);
    s.rows.incident[0].side = SPAN("nobody");
    cr_assert_eq(session_flush(&s), ERR_DBROW);
    cr_assert_eq(staged(&s), 0, "refused");
    s.rows.incident[0].side = SPAN_NONE;
    s.flush.epoch++;
    cr_assert_eq(session_flush(&s), ERR_FENCED);
    cr_assert_eq(staged(&s), 0, "fenced");
    s.flush.epoch--;
    s.flush.checkpoint = SPAN("the state");
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(staged(&s), 0, "with a checkpoint");
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.incident"), 2);
    session_close(&s);
}

Test(flush, staging_does_not_grow)
{
    enum { BATCHES = 600 };
    struct session s;
    long long most = 0;

    session_open(&s, database_with_schema("flush_stage_size"));
    for (uint64_t n = 1; n <= BATCHES; n++) {
        for (uint64_t k = 0; k < 40; k++)
            add_transition(&s, n * 100 + k);
        cr_assert_eq(session_flush(&s), 0);
        long long bytes = n % 50 ? 0 : staged_bytes(&s);
        most = bytes > most ? bytes : most;
    }
    cr_assert_lt(most, 1024 * 1024, "%lld bytes; %d batches of 4 KB", most, BATCHES);
    session_close(&s);
}

static void count_news(void *ctx, const char *channel, const char *payload)
{
    cr_expect_str_eq(channel, "ikewatch");
    cr_expect_not_null(strstr(payload, "\"partition\" : 3"));
    ++*(int *)ctx;
}

Test(flush, one_piece_of_news_a_transaction)
{
    struct session s;
    int news = 0;

    session_open(&s, database_with_schema("flush_news"));
    cr_assert_eq(pg_script(s.pg, "listen", "LISTEN ikewatch"), 0);
    add_incident(&s, 5);
    add_transition(&s, 6);
    add_transition(&s, 8);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(pg_notifies(s.pg, count_news, &news), 0);
    cr_assert_eq(news, 1);
    add_incident(&s, 5);
    add_exchange(&s, 1, noon);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(pg_script(s.pg, "drain", "SELECT 1"), 0);
    cr_assert_eq(pg_notifies(s.pg, count_news, &news), 0);
    cr_assert_eq(news, 1, "nothing that matters changed");
    session_close(&s);
}

Test(flush, a_stopped_owner_is_evicted)
{
    struct session zombie;
    struct claim claim;
    char full[512];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");

    session_open(&zombie, database_with_schema("flush_evict"));
    snprintf(full, sizeof(full), "%.*s/flush_evict", (int)(strrchr(server, '/') - server), server);
    cr_assert_eq(pg_script(zombie.pg, "hold", "BEGIN; SELECT FROM ikewatch.position FOR UPDATE"), 0);
    struct pg *pg = database_open(full);
    cr_assert_eq(partition_claim(pg, &key, "host:2:b", &claim), 0);
    cr_assert_eq(claim.epoch, zombie.claim.epoch + 1);
    cr_assert_eq(pg_script(zombie.pg, "late", "COMMIT"), ERR_DBCONN);
    pg_close(pg);
    session_close(&zombie);
}

static void *flush_in_thread(void *session)
{
    return (void *)(intptr_t)session_flush(session);
}

static void wait_for_lock(struct pg *pg, const char *sql)
{
    for (int i = 0; database_number(pg, sql) == 0; i++) {
        cr_assert_lt(i, 5000, "the flush does not reach its rows");
        usleep(1000);
    }
}

/* A stranger holds the key of its row, so that its COPY stands still as that of a stopped process does. */
Test(flush, an_owner_stopped_amid_its_rows_is_evicted)
{
    struct session zombie;
    struct claim claim;
    char full[512];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");
    pthread_t thread;
    void *rc;

    session_open(&zombie, database_with_schema("flush_amid"));
    snprintf(full, sizeof(full), "%.*s/flush_amid", (int)(strrchr(server, '/') - server), server);
    struct pg *stranger = database_open(full), *pg = database_open(full);
    add_exchange(&zombie, 1, noon);
    cr_assert_eq(session_flush(&zombie), 0);
    pg_close(zombie.pg);
    zombie.pg = database_open(full); /* the row names the connection before */
    cr_assert_eq(pg_script(stranger, "hold", "BEGIN; UPDATE ikewatch.exchange SET exchange_id = 2"), 0);
    add_exchange(&zombie, 2, noon);
    cr_assert_eq(pthread_create(&thread, NULL, flush_in_thread, &zombie), 0);
    wait_for_lock(pg, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                      "wait_event_type = 'Lock' AND query LIKE 'COPY ikewatch.exchange %'");
    cr_assert_eq(partition_claim(pg, &key, "host:2:b", &claim), 0);
    cr_assert_eq(claim.epoch, zombie.claim.epoch + 1);
    pthread_join(thread, &rc);
    cr_assert_eq((intptr_t)rc, ERR_DBCONN);
    pg_close(zombie.pg);
    zombie.pg = database_open(full);
    cr_assert_eq(session_flush(&zombie), ERR_FENCED, "before it writes a row that others wait for");
    pg_close(stranger);
    pg_close(pg);
    session_close(&zombie);
}

Test(flush, partitions_are_announced_claimed_touched_released)
{
    struct session s;
    size_t moved;

    session_open(&s, database_with_schema("flush_claims"));
    cr_assert_eq(partition_announce(s.pg, "g", "t", 8), 0);
    cr_assert_eq(
        database_number(s.pg, "SELECT count(*) FROM ikewatch.position WHERE owner IS NULL AND position = 0"),
        7);
    cr_assert_eq(
        database_number(s.pg, "SELECT count(*) FROM ikewatch.position WHERE backend_pid = pg_backend_pid()"),
        1);
    cr_assert_eq(partition_heartbeat(s.pg, &key, s.claim.epoch, 4711, &moved), 0);
    cr_assert_eq(moved, 0);
    cr_assert_eq(database_number(s.pg, "SELECT end_offset FROM ikewatch.position WHERE partition = 3"), 4711);
    cr_assert_eq(partition_gap(s.pg, &key, 0, 10, "deleted by retention"), 0);
    cr_assert_eq(partition_gap(s.pg, &key, 0, 10, "deleted by retention"), 0);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.gap"), 1);
    cr_assert_eq(partition_release(s.pg, &key, s.claim.epoch), 0);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.position WHERE owner IS NULL"), 8);
    session_close(&s);
}

Test(flush, a_long_outage_is_spread_over_its_quarters)
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

Test(flush, another_flap_window_recounts)
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

Test(flush, batches_of_any_size_end_in_the_same_content)
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

Test(flush, rollups_equal_brute_force_over_outages)
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

static void add_dead_letter(struct session *s, int64_t offset, struct span reason)
{
    struct row_dead_letter *d = rows_add_dead_letter(&s->rows);

    d->source_offset = offset;
    d->reason = reason;
    d->record_value = SPAN("bytes");
}

Test(flush, dead_letters_are_all_counted_and_some_kept)
{
    struct session s;

    session_open(&s, database_with_schema("flush_dead_cap"));
    s.flush.dead_letter_max = 5;
    for (int64_t i = 0; i < 4; i++)
        add_dead_letter(&s, i, SPAN("empty"));
    cr_assert_eq(session_flush(&s), 0);
    for (int64_t i = 4; i < 10; i++)
        add_dead_letter(&s, i, i % 2 ? SPAN("bad-json") : SPAN("empty"));
    add_dead_letter(&s, 10, SPAN("refused-by-database"));
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg,
            "SELECT string_agg(reason || ' ' || count, ',' ORDER BY reason) FROM ikewatch.dead_letter_count"),
        "bad-json 3,empty 7,refused-by-database 1");
    cr_assert_str_eq(
        database_text(s.pg, "SELECT string_agg(source_offset::text, ' ' ORDER BY source_offset) FROM "
                            "ikewatch.dead_letter"),
        "0 1 2 3 4 10", "the first that there is room for, and what a replay must leave out");
    session_close(&s);
}

Test(flush, a_dead_letter_at_a_known_offset_is_of_a_topic_made_anew)
{
    struct session s;

    session_open(&s, database_with_schema("flush_dead_anew"));
    add_dead_letter(&s, 7, SPAN("empty"));
    cr_assert_eq(session_flush(&s), 0);
    pg_script(s.pg, "sent", "UPDATE ikewatch.dead_letter SET sent_at = now()");
    add_dead_letter(&s, 7, SPAN("bad-json"));
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_str_eq(
        database_text(s.pg, "SELECT reason || ' ' || (sent_at IS NULL) FROM ikewatch.dead_letter"),
        "bad-json true");
    session_close(&s);
}

Test(flush, a_claim_knows_what_was_refused)
{
    struct session s;
    struct claim claim;

    session_open(&s, database_with_schema("flush_known"));
    for (int64_t i = 0; i < 100; i++)
        add_dead_letter(&s, i * 3, SPAN("refused-by-database"));
    add_dead_letter(&s, 1, SPAN("empty"));
    s.flush.from = s.claim.position;
    cr_assert_eq(session_flush(&s), 0);
    pg_script(s.pg, "move", "UPDATE ikewatch.position SET position = 240");
    cr_assert_eq(partition_claim(s.pg, &key, "host:1:a", &claim), 0);
    cr_assert_eq(claim.refused_count, 80, "those before the position");
    cr_assert_eq(claim.refused[0], 0);
    cr_assert_eq(claim.refused[79], 237);
    free(claim.refused);
    free((void *)claim.checkpoint.ptr);
    session_close(&s);
}

Test(flush, a_constraint_is_no_missing_day)
{
    struct session s;
    char why[320];

    session_open(&s, database_with_schema("flush_check"));
    pg_script(
        s.pg, "check", "ALTER TABLE ikewatch.exchange ADD CONSTRAINT no_seven CHECK (exchange_id <> 7)");
    add_exchange(&s, 7, noon);
    cr_assert_eq(session_flush(&s), ERR_DBROW);
    cr_assert_str_eq(pg_constraint(s.pg), "no_seven");
    pg_why(s.pg, why, sizeof(why));
    cr_assert_eq(strncmp(why, "23514 new row for relation", 26), 0, "%s", why);
    cr_assert_null(strchr(why, '\n'), "not what the row holds");
    session_close(&s);
}

/* What PostgreSQL can say of a flush, raised by a trigger, and what is done about it. */
Test(flush, a_sqlstate_decides)
{
    static const struct {
        const char *sqlstate;
        int code;
    } rows[] = {{"53100", ERR_DBRETRY}, {"53200", ERR_DBRETRY}, {"40001", ERR_DBRETRY},
        {"40P01", ERR_DBRETRY}, {"55P03", ERR_DBRETRY}, {"57014", ERR_DBRETRY}, {"40003", ERR_DBCONN},
        {"25006", ERR_DBCONN}, {"25P03", ERR_DBCONN}, {"57P01", ERR_DBCONN}, {"08006", ERR_DBCONN},
        {"22003", ERR_DBROW}, {"23503", ERR_DBROW}, {"54000", ERR_DBROW}, {"42501", ERR_DB},
        {"42P01", ERR_DB}, {"0A000", ERR_DB}, {"58030", ERR_DB}, {"XX001", ERR_DB}, {"P0001", ERR_DB}};
    struct session s;
    char sql[512];

    session_open(&s, database_with_schema("flush_sqlstates"));
    pg_script(s.pg, "fault",
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING "
        "ERRCODE = TG_ARGV[0]; END $$");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(sql, sizeof(sql),
            "DROP TRIGGER IF EXISTS fault ON ikewatch.incident; CREATE TRIGGER fault BEFORE INSERT ON "
            "ikewatch.incident FOR EACH ROW EXECUTE FUNCTION fault('%s')",
            rows[i].sqlstate);
        cr_assert_eq(pg_script(s.pg, "fault", sql), 0);
        add_incident(&s, 5);
        cr_assert_eq(session_flush(&s), rows[i].code, "%s", rows[i].sqlstate);
        cr_assert_str_eq(pg_sqlstate(s.pg), rows[i].sqlstate);
        rows_reset(&s.rows);
    }
    cr_assert_eq(session_flush(&s), 0, "the session is usable");
    session_close(&s);
}

Test(flush, a_server_that_says_nothing_is_left)
{
    const struct pg_options options = {.uri = database_create("flush_silent"), .answer_timeout_ms = 200};
    struct pg *pg = NULL;
    char why[320];

    cr_assert_eq(pg_open(&options, &pg), 0);
    cr_assert_eq(pg_script(pg, "fast", "SELECT pg_sleep(0.01)"), 0);
    cr_assert_eq(pg_script(pg, "slow", "SELECT pg_sleep(60)"), ERR_DBCONN);
    cr_assert_str_eq(pg_why(pg, why, sizeof(why)), "no answer from the server within 200 ms");
    cr_assert_not(pg_alive(pg));
    cr_assert_eq(pg_query(pg, "after", "SELECT 1", NULL, 0, NULL, NULL), ERR_DBCONN);
    pg_close(pg);
}
