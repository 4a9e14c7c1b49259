#include "classify/base/addr.h"

#include <criterion/criterion.h>

static const char *again(struct span text)
{
    static char buf[ADDR_TEXT_MAX];
    struct addr a;
    addr_read(text, &a);
    addr_text(&a, buf);
    return buf;
}

Test(addr, reads_and_prints_canonically)
{
    cr_expect_str_eq(again(SPAN("10.10.10.1")), "10.10.10.1");
    cr_expect_str_eq(again(SPAN("255.255.255.255")), "255.255.255.255");
    cr_expect_str_eq(again(SPAN("2001:DB8:0:0::1")), "2001:db8::1");
}

Test(addr, any_and_nonsense_are_no_address)
{
    static const char *const texts[] = {"", "%any", "%any6", "10.10.10", "10.10.10.256", "10.10.10.1.",
        "1.2.3.4.5", "10..10.1", "1.2.3.4 ", "ipsec2", ":"};
    struct addr a;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect_not(addr_read(span_of(texts[i]), &a), "%s", texts[i]);
        cr_expect_eq(a.family, 0, "%s", texts[i]);
        cr_expect_str_eq(again(span_of(texts[i])), "", "%s", texts[i]);
    }
}

Test(addr, is_equal_however_it_was_written)
{
    struct addr a, b;
    cr_assert(addr_read(SPAN("2001:db8::1"), &a) && addr_read(SPAN("2001:0db8:0:0:0:0:0:1"), &b));
    cr_expect(addr_eq(&a, &b));
    cr_assert(addr_read(SPAN("10.0.0.1"), &b));
    cr_expect_not(addr_eq(&a, &b));
}
