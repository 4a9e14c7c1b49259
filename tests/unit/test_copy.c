#include "classify/exchange.h"
#include "schema/copy.h"
#include "tests/sql/database.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* A row with a column of every kind. */
struct row_every {
    uint64_t id, key;
    int64_t time;
    struct span text;
    struct span_list texts;
    int32_t number;
    int64_t large;
    bool yes;
    struct addr addr;
    struct span json, bytes;
};

static const struct row_column every_columns[] = {
    {"id", ROW_KIND_ID, offsetof(struct row_every, id)},
    {"key", ROW_KIND_KEY, offsetof(struct row_every, key)},
    {"time", ROW_KIND_TIME, offsetof(struct row_every, time)},
    {"text", ROW_KIND_TEXT, offsetof(struct row_every, text)},
    {"texts", ROW_KIND_TEXTS, offsetof(struct row_every, texts)},
    {"number", ROW_KIND_INT, offsetof(struct row_every, number)},
    {"large", ROW_KIND_LONG, offsetof(struct row_every, large)},
    {"yes", ROW_KIND_BOOL, offsetof(struct row_every, yes)},
    {"addr", ROW_KIND_ADDR, offsetof(struct row_every, addr)},
    {"json", ROW_KIND_JSON, offsetof(struct row_every, json)},
    {"bytes", ROW_KIND_BYTES, offsetof(struct row_every, bytes)},
};
static const struct row_table every_table = {"every", every_columns, 11, sizeof(struct row_every)};

static const struct row_every nothing = {.time = TIME_NONE, .number = INT_NONE, .large = LONG_NONE};

static struct pg *every_database(const char *name)
{
    struct pg *pg = database_open(database_create(name));

    cr_assert_eq(pg_script(pg, "create",
                     "CREATE TABLE every (id bigint, key bigint, time timestamptz, text text, texts text[], "
                     "number integer, "
                     "large bigint, yes boolean, addr inet, json jsonb, bytes bytea)"),
        0);
    return pg;
}

static int copy_rows(struct pg *pg, const struct row_every *rows, size_t count)
{
    const struct copy_job job = {"every", &every_table, rows, count, NULL, NULL, NULL};
    int rc = copy_begin(pg, NULL, &job, 1);

    return rc < 0 ? rc : pg_script(pg, "commit", "COMMIT");
}

/* The only row as text, when it alone was copied. */
static const char *copied(const char *name, struct row_every row)
{
    struct pg *pg = every_database(name);

    cr_assert_eq(copy_rows(pg, &row, 1), 0);
    const char *text = database_text(pg, "SELECT every::text FROM every");
    pg_close(pg);
    return text;
}

Test(copy, nothing_is_null)
{
    cr_assert_str_eq(copied("copy_null", nothing), "(0,,,,,,,f,,,)");
}

Test(copy, every_kind_arrives_as_it_was)
{
    const struct span list[] = {SPAN("SA"), SPAN("N(NO_PROP)"), SPAN(""), SPAN("a,b\"{")};
    const struct row_every row = {.id = UINT64_MAX,
        .key = UINT64_C(1) << 63,
        .time = 1781740800123,
        .text = SPAN("\xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80\\N\t"),
        .texts = {list, 4},
        .number = INT32_MIN + 1,
        .large = INT64_MIN + 1,
        .yes = true,
        .addr = {.family = 4, .bytes = {10, 132, 3, 92}},
        .json = SPAN("{\"fix\": [1, null]}"),
        .bytes = {"\0\xff\n", 3}};

    cr_assert_str_eq(copied("copy_every", row),
        "(-1,-9223372036854775808,\"2026-06-18 00:00:00.123+00\",\"\xe6\x9d\xb1\xe4\xba\xac "
        "\xf0\x9f\x98\x80\\\\N\t\","
        "\"{SA,N(NO_PROP),\"\"\"\",\"\"a,b\\\\\"\"{\"\"}\",-2147483647,-9223372036854775807,t,10.132.3.92,"
        "\"{\"\"fix\"\": [1, null]}\",\"\\\\x00ff0a\")");
}

Test(copy, empty_is_not_null)
{
    struct row_every row = nothing;

    row.text = row.bytes = SPAN("");
    row.texts = (struct span_list){&SPAN_NONE, 0};
    row.addr = (struct addr){.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    row.json = SPAN("\"\"");
    cr_assert_str_eq(copied("copy_empty", row), "(0,,,\"\",{},,,f,2001:db8::1,\"\"\"\"\"\",\"\\\\x\")");
}

Test(copy, times_from_long_ago_to_never)
{
    const struct row_every rows[] = {{.id = 1, .time = 0, .number = 0, .large = 0},
        {.id = 2, .time = -1, .number = INT32_MAX, .large = INT64_MAX},
        {.id = 3, .time = INT64_MAX, .number = 0, .large = 0},
        {.id = 4, .time = INT64_MIN + 1, .number = 0, .large = 0}};
    struct pg *pg = every_database("copy_times");

    cr_assert_eq(copy_rows(pg, rows, 4), 0);
    cr_assert_str_eq(database_text(pg, "SELECT string_agg(time::text, '|' ORDER BY id) FROM every"),
        "1970-01-01 00:00:00+00|1969-12-31 23:59:59.999+00|infinity|-infinity");
    cr_assert_str_eq(database_text(pg, "SELECT number || ' ' || large FROM every WHERE id = 2"),
        "2147483647 9223372036854775807");
    pg_close(pg);
}

Test(copy, rows_larger_than_what_is_sent_at_once)
{
    enum { BYTES = 3 * 1024 * 1024, ROWS = 4 };
    char *large = malloc(BYTES);
    struct row_every rows[ROWS];
    struct pg *pg = every_database("copy_large");

    memset(large, 'x', BYTES);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = nothing;
        rows[i].bytes = span_from(large, i * BYTES / ROWS);
    }
    cr_assert_eq(copy_rows(pg, rows, ROWS), 0);
    cr_assert_eq(database_number(pg, "SELECT sum(length(bytes)) FROM every"), 3LL * BYTES / 2);
    pg_close(pg);
    free(large);
}

Test(copy, a_refused_row_leaves_nothing_and_the_session_usable)
{
    struct row_every rows[] = {nothing, nothing};
    struct pg *pg = every_database("copy_refused");

    rows[1].text = SPAN("\xff not UTF-8");
    cr_assert_eq(copy_rows(pg, rows, 2), ERR_DBROW);
    cr_assert_str_eq(pg_sqlstate(pg), "22021");
    cr_assert_eq(database_number(pg, "SELECT count(*) FROM every"), 0);
    cr_assert_eq(copy_rows(pg, rows, 1), 0);
    cr_assert_eq(database_number(pg, "SELECT count(*) FROM every"), 1);
    pg_close(pg);
}

Test(copy, a_table_that_is_not_there_is_refused)
{
    struct row_every row = nothing;
    const struct copy_job jobs[] = {{"every", &every_table, &row, 1, NULL, NULL, NULL},
        {"nowhere", &every_table, &row, 1, NULL, NULL, NULL}};
    struct pg *pg = every_database("copy_nowhere");

    cr_assert_eq(copy_begin(pg, NULL, jobs, 2), ERR_DB);
    cr_assert_eq(database_number(pg, "SELECT count(*) FROM every"), 0, "the first job is undone too");
    pg_close(pg);
}

Test(copy, a_killed_backend_is_a_lost_connection)
{
    struct row_every row = nothing;
    char sql[64];
    struct pg *pg = every_database("copy_killed"), *other = database_open(getenv("IKEWATCH_TEST_DATABASE"));

    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 5000)", pg_backend_pid(pg));
    cr_assert_str_eq(database_text(other, sql), "t");
    cr_assert_eq(copy_rows(pg, &row, 1), ERR_DBCONN);
    cr_assert_not(pg_alive(pg));
    pg_close(pg);
    pg_close(other);
}

/* What the view says of an exchange that was copied in. */
static const char *exchange_in_words(struct pg *pg, const struct row_exchange *row)
{
    const struct copy_job job = {
        "ikewatch.exchange_outlier", &row_tables[ROW_TABLE_exchange], row, 1, NULL, NULL, NULL};

    cr_assert_eq(copy_begin(pg, NULL, &job, 1), 0);
    const char *words = database_text(pg, "SELECT concat_ws(' ', direction, exchange, outcome, request, "
                                          "response) FROM ikewatch.every_exchange");
    cr_assert_eq(pg_script(pg, "rollback", "ROLLBACK"), 0);
    return words;
}

static void check_words(struct pg *pg, struct row_exchange row)
{
    char wanted[128];

    snprintf(wanted, sizeof(wanted), "%.*s %.*s %.*s {SA,\"CPRQ(ADDR DNS)\"} {}", (int)row.direction.len,
        row.direction.ptr, (int)row.exchange.len, row.exchange.ptr, (int)row.outcome.len, row.outcome.ptr);
    cr_expect_str_eq(exchange_in_words(pg, &row), wanted);
}

Test(copy, the_view_turns_every_code_back_into_its_word)
{
    const struct span payloads[] = {SPAN("SA"), SPAN("CPRQ(ADDR DNS)")};
    struct pg *pg = database_with_schema("copy_words");
    struct row_exchange row = {.direction = SPAN("in"),
        .exchange = SPAN("IKE_AUTH"),
        .outcome = SPAN("pending"),
        .request = {payloads, 2},
        .response = {payloads, 0}};

    check_words(pg, row);
    row.direction = SPAN("out");
    for (uint8_t o = OUTCOME_PENDING; o <= OUTCOME_ABANDONED; o++) {
        row.outcome = span_of(outcome_name(o));
        check_words(pg, row);
    }
    for (uint8_t t = EXCHANGE_NONE + 1; t < EXCHANGE_TYPE_COUNT; t++) {
        row.exchange = span_of(exchange_type_name(t));
        check_words(pg, row);
    }
    pg_close(pg);
}

Test(copy, what_is_not_known_of_an_exchange_is_null)
{
    struct pg *pg = database_with_schema("copy_no_words");
    const struct row_exchange row = {.exchange = SPAN(""), .outcome = SPAN("pending")};

    cr_expect_str_eq(exchange_in_words(pg, &row), "pending");
    pg_close(pg);
}

/* By kind of row.def: the types that a column may have. */
static const char *const types[] = {
    [ROW_KIND_ID] = "bigint",
    [ROW_KIND_KEY] = "bigint",
    [ROW_KIND_TIME] = "timestamp with time zone",
    [ROW_KIND_TEXT] = "text or an enum",
    [ROW_KIND_TEXTS] = "text[]",
    [ROW_KIND_LINES] = "text or an enum",
    [ROW_KIND_CODE] = "\"char\"",
    [ROW_KIND_TYPE] = "smallint",
    [ROW_KIND_INT] = "integer",
    [ROW_KIND_LONG] = "bigint",
    [ROW_KIND_BOOL] = "boolean",
    [ROW_KIND_ADDR] = "inet",
    [ROW_KIND_JSON] = "jsonb",
    [ROW_KIND_BYTES] = "bytea",
};

Test(copy, columns_of_row_def_are_those_of_the_tables)
{
    char sql[512];
    struct pg *pg = database_with_schema("copy_columns");

    for (size_t t = 0; t < ROW_TABLES; t++)
        for (size_t c = 0; c < row_tables[t].count; c++) {
            const struct row_column *column = &row_tables[t].columns[c];
            snprintf(sql, sizeof(sql),
                "SELECT CASE WHEN t.typtype = 'e' OR t.typname = 'text' THEN 'text or an enum' ELSE "
                "format_type(t.oid, NULL) END "
                "FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid "
                "WHERE a.attrelid = 'ikewatch.%s'::regclass AND a.attname = '%s'",
                row_tables[t].name, column->name);
            cr_expect_str_eq(
                database_text(pg, sql), types[column->kind], "%s.%s", row_tables[t].name, column->name);
        }
    pg_close(pg);
}

Test(copy, tables_of_content_have_no_column_that_row_def_has_not)
{
    char sql[256];
    struct pg *pg = database_with_schema("copy_content");

    for (size_t t = 0; t <= ROW_TABLE_outage; t++) {
        snprintf(sql, sizeof(sql),
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'ikewatch.%s'::regclass AND attnum > 0 AND "
            "NOT attisdropped",
            row_tables[t].name);
        cr_expect_eq((size_t)database_number(pg, sql), row_tables[t].count, "%s", row_tables[t].name);
    }
    pg_close(pg);
}
