#include "ingest/dead_letter.h"

#include <criterion/criterion.h>

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
