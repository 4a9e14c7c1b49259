#include "api/instant.h"

#include <criterion/criterion.h>

#define NOW INT64_C(1772323200000) /* 2026-03-01T00:00:00Z */

static int64_t read_instant(const char *text)
{
    int64_t ms;
    return instant_parse(span_of(text), NOW, &ms) ? ms : -1;
}

Test(api_instant, reads_rfc3339_with_offset)
{
    cr_assert_eq(read_instant("2026-03-01T00:00:00Z"), NOW);
    cr_assert_eq(read_instant("2026-03-01t09:00:00+09:00"), NOW);
    cr_assert_eq(read_instant("2026-02-28 18:30:00.25-05:30"), NOW + 250);
    cr_assert_eq(read_instant("2024-02-29T00:00:00Z"), INT64_C(1709164800000));
    cr_assert_eq(read_instant("1970-01-01T00:00:00Z"), 0);
}

Test(api_instant, reads_relative_forms)
{
    cr_assert_eq(read_instant("now"), NOW);
    cr_assert_eq(read_instant("-15m"), NOW - 15 * 60000);
    cr_assert_eq(read_instant("-24h"), NOW - 86400000);
    cr_assert_eq(read_instant("-90d"), NOW - 90 * INT64_C(86400000));
    cr_assert_eq(read_instant("-2w"), NOW - 14 * INT64_C(86400000));
}

Test(api_instant, refuses_the_rest)
{
    static const char *bad[] = {"", "-", "-h", "-1", "-1y", "24h", "+1h", "2026-03-01", "2026-03-01T00:00:00",
        "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T00:00:00.Z",
        "2026-03-01T00:00:00Zx", "2026-13-01T00:00:00Z", "1969-12-31T00:00:00Z", "-99999999999999999999d",
        "-100000000w", "2026-03-01T00:00:00+0900"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(read_instant(bad[i]), -1, "%s", bad[i]);
}

Test(api_instant, prints_what_it_reads)
{
    char text[INSTANT_CAP];
    instant_print(NOW + 7, text);
    cr_assert_str_eq(text, "2026-03-01T00:00:00.007Z");
    cr_assert_eq(read_instant(text), NOW + 7);
}
