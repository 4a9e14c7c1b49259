#include "schema/flush.h"
#include "schema/migrate.h"
#include "tests/sql/database.h"
#include "tests/sql/session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

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

Test(flush, stores_and_moves_the_position)
{
    struct session s;
    int64_t position = 0, epoch = 0;

    session_open(&s, database_with_schema("flush_stores"));
    add_exchange(&s, 1, noon);
    add_incident(&s, 5);
    cr_assert_eq(session_flush(&s), 0);
    cr_assert_eq(partition_position(s.pg, &session_key, &position, &epoch), 0);
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
    cr_assert_eq(partition_claim(s.pg, &session_key, "host:1:a", &again), 0);
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
    cr_assert_eq(partition_claim(s.pg, &session_key, "host:1:a", &claim), 0);
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
