#include "ingest/zone.h"

#include <criterion/criterion.h>

Test(zone, offsets_are_read)
{
    int32_t s = 1;
    cr_expect(zone_offset("UTC", 0, &s) == 0 && s == 0);
    cr_expect(zone_offset("+09:00", 0, &s) == 0 && s == 32400);
    cr_expect(zone_offset("-0330", 0, &s) == 0 && s == -12600);
    cr_expect(zone_offset("+9", 0, &s) == 0 && s == 32400);
}

Test(zone, names_are_looked_up_at_the_time)
{
    int32_t s = 1;
    cr_expect(zone_offset("Asia/Tokyo", 0, &s) == 0 && s == 32400);
    cr_expect(zone_offset("Europe/Berlin", INT64_C(1767225600000), &s) == 0 && s == 3600, "in January");
    cr_expect(zone_offset("Europe/Berlin", INT64_C(1782864000000), &s) == 0 && s == 7200, "in July");
}

Test(zone, what_is_none_is_an_error)
{
    static const char *const names[] = {
        "", "Nowhere/Town", "+25:00", "+", "+09:61", "../../etc/passwd", "/etc/passwd"};
    int32_t s;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_eq(zone_offset(names[i], 0, &s), ERR_NOTFOUND, "%s", names[i]);
}
