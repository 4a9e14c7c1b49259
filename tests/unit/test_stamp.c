#include "classify/stamp.h"

#include <criterion/criterion.h>

static const struct zone_span nine_hours = {INT64_MIN, 9 * 3600};
static const struct zone tokyo = {1, &nine_hours};

static int64_t ms(const char *text)
{
    struct span s = span_of(text);
    struct stamp st;
    cr_assert_eq(stamp_read(&s, &st), 1, "%s", text);
    return stamp_ms(&st, 2026, NULL, INT64_MIN);
}

static const char *text_of(int64_t t)
{
    static char buf[STAMP_TEXT_MAX];
    stamp_text(t, buf);
    return buf;
}

Test(stamp, forms_of_one_instant_are_equal)
{
    int64_t t = 1795457669000; /* 2026-11-23T18:14:29Z */
    cr_assert_eq(ms("Nov 23 18:14:29"), t);
    cr_assert_eq(ms("Nov 23 2026 18:14:29"), t);
    cr_assert_eq(ms("2026-11-23T18:14:29Z"), t);
    cr_assert_eq(ms("2026-11-23T19:14:29+01:00"), t);
    cr_assert_eq(ms("2026-11-23T13:14:29.25-0500"), t + 250);
    cr_assert_eq(ms("2026-11-23 18:14:29,258"), t + 258);
    cr_assert_str_eq(text_of(t), "2026-11-23T18:14:29Z");
    cr_assert_str_eq(text_of(t + 258), "2026-11-23T18:14:29.258Z");
}

Test(stamp, a_padded_day_may_be_blank_or_zero)
{
    cr_assert_eq(ms("Nov  3 01:02:03"), ms("Nov 03 01:02:03"));
}

Test(stamp, dates_that_do_not_exist_are_told_from_no_stamp)
{
    struct stamp st;
    const char *bad[] = {"Feb 30 00:00:00", "Nov 23 24:00:00", "Nov 23 18:60:00", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct span s = span_of(bad[i]);
        cr_assert_eq(stamp_read(&s, &st), -1, "%s", bad[i]);
    }
    const char *none[] = {"", "hello", "Nov 23", "Nov23 18:14:29xx", "kernel: eth0 up now"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct span s = span_of(none[i]);
        cr_assert_eq(stamp_read(&s, &st), 0, "%s", none[i]);
    }
}

static int64_t resolved(const char *text, int year, const char *record, const char *last)
{
    struct span s = span_of(text);
    struct stamp st;
    cr_assert_eq(stamp_read(&s, &st), 1);
    return stamp_resolve(&st, year, record ? ms(record) : INT64_MIN, last ? ms(last) : INT64_MIN, NULL);
}

Test(stamp, the_year_is_the_latest_not_after_the_record_and_a_day)
{
    cr_assert_str_eq(
        text_of(resolved("Dec 31 23:59:59", 0, "2027-01-01T00:00:05Z", NULL)), "2026-12-31T23:59:59Z");
    cr_assert_str_eq(
        text_of(resolved("Jan  1 00:30:00", 0, "2026-12-31T23:59:00Z", NULL)), "2027-01-01T00:30:00Z");
    cr_assert_str_eq(
        text_of(resolved("Jun 18 00:31:17", 0, "2026-11-24T00:00:00Z", NULL)), "2026-06-18T00:31:17Z");
}

Test(stamp, a_device_that_was_seen_continues_its_sequence)
{
    cr_assert_str_eq(text_of(resolved("Jan  1 00:00:01", 0, "2030-06-01T00:00:00Z", "2025-12-31T23:59:58Z")),
        "2026-01-01T00:00:01Z");
    cr_assert_str_eq(text_of(resolved("Dec 31 23:59:59", 0, "2030-06-01T00:00:00Z", "2026-01-01T00:00:01Z")),
        "2025-12-31T23:59:59Z");
}

Test(stamp, a_zone_that_is_set_moves_only_stamps_without_one)
{
    struct span s = SPAN("Nov 23 18:14:29"), z = SPAN("2026-11-23T18:14:29Z");
    struct stamp st;
    stamp_read(&s, &st);
    cr_assert_str_eq(text_of(stamp_ms(&st, 2026, &tokyo, INT64_MIN)), "2026-11-23T09:14:29Z");
    stamp_read(&z, &st);
    cr_assert_str_eq(text_of(stamp_ms(&st, 2026, &tokyo, INT64_MIN)), "2026-11-23T18:14:29Z");
}
