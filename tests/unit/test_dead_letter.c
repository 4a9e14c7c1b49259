#include "ingest/dead_letter.h"
#include "classify/envelope.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

Test(dead_letter, a_row_names_the_record_and_the_remedy)
{
    struct rows rows;
    cr_assert_eq(rows_init(&rows), 0);
    const struct record r = {.value = SPAN("{no json"), .key = SPAN("vedge01"), .time_ms = 7, .offset = 42};
    dead_letter_add(&rows, &r, DEAD_BAD_JSON, NULL);
    cr_assert_eq(rows.dead_letter_count, 1);
    const struct row_dead_letter *row = rows.dead_letter;
    cr_assert_eq(row->source_offset, 42);
    cr_assert_eq(row->record_time, 7);
    cr_assert_eq(row->value_bytes, 8);
    cr_assert(span_eq(row->reason, SPAN("bad-json")));
    cr_assert(span_eq(row->record_key, SPAN("vedge01")));
    cr_assert(span_eq(row->record_value, SPAN("{no json")));
    cr_assert_gt(row->detail.len, 0);
    cr_assert_null(row->record_headers.ptr, "it came from no message");
    rows_free(&rows);
}

Test(dead_letter, bytes_are_copied_and_capped)
{
    static char big[3 * DEAD_LETTER_CAP_BYTES];
    struct rows rows;
    cr_assert_eq(rows_init(&rows), 0);
    memset(big, 'x', sizeof(big));
    const struct record r = {.value = span_from(big, sizeof(big)), .key = SPAN_NONE};
    dead_letter_add(&rows, &r, DEAD_TOO_LONG, NULL);
    memset(big, 'y', sizeof(big));
    cr_assert_eq(rows.dead_letter->record_value.len, DEAD_LETTER_CAP_BYTES);
    cr_assert_eq(rows.dead_letter->record_value.ptr[0], 'x');
    cr_assert_eq(rows.dead_letter->value_bytes, (int64_t)sizeof(big));
    cr_assert_null(rows.dead_letter->record_key.ptr);
    rows_free(&rows);
}

Test(dead_letter, a_tombstone_has_no_value)
{
    struct rows rows;
    cr_assert_eq(rows_init(&rows), 0);
    const struct record r = {.value = SPAN_NONE, .key = SPAN("k")};
    dead_letter_add(&rows, &r, DEAD_EMPTY, NULL);
    cr_assert_null(rows.dead_letter->record_value.ptr);
    cr_assert_eq(rows.dead_letter->value_bytes, LONG_NONE);
    rows_free(&rows);
}

Test(dead_letter, the_database_says_why_it_refused)
{
    char why[] = "23514 new row violates check constraint";
    struct rows rows;
    cr_assert_eq(rows_init(&rows), 0);
    const struct record r = {.value = SPAN("a line"), .key = SPAN_NONE, .offset = 9};
    dead_letter_add(&rows, &r, DEAD_REFUSED, why);
    why[0] = '9';
    cr_assert(span_eq(rows.dead_letter->reason, SPAN("refused-by-database")));
    cr_assert(span_eq(rows.dead_letter->detail, SPAN("23514 new row violates check constraint")), "copied");
    rows_free(&rows);
}

static bool rule_is(struct span reason, struct span detail, const char *wanted)
{
    char buf[DEAD_LETTER_RULE_BYTES];
    return span_eq(dead_letter_rule(reason, detail, buf), span_of(wanted));
}

Test(dead_letter, a_rule_is_told_of_what_is_stored)
{
    const struct span refused = SPAN("refused-by-database");
    cr_assert(rule_is(SPAN("bad-json"), SPAN_NONE, "RFC 8259"));
    cr_assert(rule_is(SPAN("no-room"), SPAN("whatever"), "classify.max_devices"));
    cr_assert(rule_is(refused, SPAN("23514 new row violates"), "SQLSTATE 23514"));
    cr_assert(rule_is(refused, SPAN("XX000"), "SQLSTATE XX000"));
    cr_assert(rule_is(refused, SPAN("the database refused a row that comes of it"), "SQLSTATE"));
    cr_assert(rule_is(refused, SPAN("235"), "SQLSTATE"));
    cr_assert(rule_is(refused, SPAN_NONE, "SQLSTATE"));
    cr_assert(rule_is(SPAN("of-a-later-version"), SPAN_NONE, NULL));
}

Test(dead_letter, every_reason_has_a_rule_and_is_known_by_its_name)
{
    for (int i = RECORD_READ + 1; i < DEAD_COUNT; i++) {
        enum dead_reason reason = (enum dead_reason)i;
        cr_assert_gt(strlen(dead_reason_rule(reason)), 0);
        cr_assert_lt(strlen(dead_reason_rule(reason)), DEAD_LETTER_RULE_BYTES);
        cr_assert_eq(dead_reason_named(span_of(dead_reason_text(reason))), reason);
    }
    cr_assert_eq(dead_reason_named(SPAN("")), RECORD_READ);
}

Test(dead_letter, rules_are_those_that_are_followed)
{
    static char buf[RECORD_VALUE_MAX];
    char rule[64], value[64], member[16];
    struct envelope e;
    size_t members = 0;
    snprintf(rule, sizeof(rule), "value <= %d bytes", (int)RECORD_VALUE_MAX);
    cr_assert_str_eq(dead_reason_rule(DEAD_TOO_LONG), rule);
    int at = 0, next = 0;
    const char *names = dead_reason_rule(DEAD_NO_MESSAGE) + strlen("one of ");
    for (; sscanf(names + at, "%15s%n", member, &next) == 1; at += next, members++) {
        snprintf(value, sizeof(value), "{\"%s\": \"a\"}", member);
        cr_assert_eq(envelope_open(span_of(value), buf, &e), RECORD_READ, "%s", value);
    }
    cr_assert_eq(members, 5);
}
