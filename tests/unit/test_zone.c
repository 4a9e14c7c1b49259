#include "ingest/zone.h"

#include "classify/inventory.h"
#include "classify/stamp.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const int64_t january = INT64_C(1767225600000), july = INT64_C(1782864000000);

static int32_t offset_of(const char *name, int64_t at_ms)
{
    struct zone *z;
    cr_assert_eq(zone_load(name, &z), 0, "%s", name);
    int32_t offset_s = zone_offset_at(z, at_ms);
    free(z);
    return offset_s;
}

Test(zone, offsets_are_read)
{
    cr_expect_eq(offset_of("UTC", 0), 0);
    cr_expect_eq(offset_of("+09:00", 0), 32400);
    cr_expect_eq(offset_of("-0330", 0), -12600);
    cr_expect_eq(offset_of("+9", 0), 32400);
}

Test(zone, names_are_looked_up_at_the_time)
{
    cr_expect_eq(offset_of("Asia/Tokyo", january), 32400);
    cr_expect_eq(offset_of("Europe/Berlin", january), 3600, "in January");
    cr_expect_eq(offset_of("Europe/Berlin", july), 7200, "in July");
    cr_expect_eq(offset_of("Asia/Kolkata", july), 19800);
}

Test(zone, what_is_none_is_an_error)
{
    static const char *const names[] = {
        "", "Nowhere/Town", "+25:00", "+", "+09:61", "../../etc/passwd", "/etc/passwd"};
    struct zone *z;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_eq(zone_load(names[i], &z), ERR_NOTFOUND, "%s", names[i]);
}

Test(zone, the_environment_is_as_before)
{
    struct zone *z;
    setenv("TZ", "Asia/Tokyo", 1);
    cr_assert_eq(zone_load("Europe/Berlin", &z), 0);
    free(z);
    cr_expect_str_eq(getenv("TZ"), "Asia/Tokyo");
}

/* The UTC text of what a clock in Berlin shows. */
static const char *berlin(const char *shown, const char *last)
{
    static char text[STAMP_TEXT_MAX];
    struct zone *z;
    struct stamp st, before;
    struct span s = span_of(shown), l = span_of(last);
    cr_assert_eq(zone_load("Europe/Berlin", &z), 0);
    cr_assert_eq(stamp_read(&s, &st), 1);
    int64_t last_ms = stamp_read(&l, &before) == 1 ? stamp_ms(&before, 2026, NULL, INT64_MIN) : INT64_MIN;
    stamp_text(stamp_ms(&st, 2026, z, last_ms), text);
    free(z);
    return text;
}

Test(zone, an_hour_that_is_twice_continues_the_sequence)
{
    cr_expect_str_eq(berlin("Oct 25 01:59:59", ""), "2026-10-24T23:59:59Z");
    cr_expect_str_eq(berlin("Oct 25 02:30:00", ""), "2026-10-25T00:30:00Z", "the first pass");
    cr_expect_str_eq(berlin("Oct 25 02:30:00", "2026-10-25T00:29:00Z"), "2026-10-25T00:30:00Z");
    cr_expect_str_eq(berlin("Oct 25 02:10:00", "2026-10-25T00:59:00Z"), "2026-10-25T01:10:00Z", "the second");
    cr_expect_str_eq(
        berlin("Oct 25 02:50:00", "2026-10-25T00:52:00Z"), "2026-10-25T00:50:00Z", "late, not an hour on");
    cr_expect_str_eq(berlin("Oct 25 03:00:00", "2026-10-25T01:59:59Z"), "2026-10-25T02:00:00Z");
}

Test(zone, an_hour_that_is_not_is_read_as_before_the_change)
{
    cr_expect_str_eq(berlin("Mar 29 01:59:59", ""), "2026-03-29T00:59:59Z");
    cr_expect_str_eq(berlin("Mar 29 02:30:00", ""), "2026-03-29T01:30:00Z");
    cr_expect_str_eq(berlin("Mar 29 03:00:00", ""), "2026-03-29T01:00:00Z");
}

Test(zone, the_inventory_gives_each_device_its_own)
{
    struct inventory *inv;
    struct zone_set set;
    char error[200] = "";
    const char *csv =
        "device,tunnel,tz\ntokyo01,ipsec1,Asia/Tokyo\nberlin01,ipsec1,Europe/Berlin\nplain,ipsec1,\n";
    cr_assert_eq(inventory_read(span_of(csv), &inv, error, sizeof(error)), 0, "%s", error);
    cr_assert_eq(zone_set_load("-03:00", inv, &set), 0);
    cr_expect_eq(zone_offset_at(zones_of(&set.zones, span_hash(SPAN("tokyo01"), 0)), july), 32400);
    cr_expect_eq(zone_offset_at(zones_of(&set.zones, span_hash(SPAN("berlin01"), 0)), july), 7200);
    cr_expect_eq(zone_offset_at(zones_of(&set.zones, span_hash(SPAN("plain"), 0)), july), -10800);
    zone_set_free(&set);
    inventory_free(inv);
}

Test(zone, a_wrong_one_of_the_inventory_is_named)
{
    struct zone_set set;
    cr_expect_eq(zone_set_load("Asia/Tokio", NULL, &set), ERR_USAGE);
    zone_set_free(&set);
}
