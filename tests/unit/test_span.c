#include "classify/base/span.h"

#include <criterion/criterion.h>

Test(span, equals_ignoring_ascii_case_only)
{
    cr_expect(span_eq_nocase(SPAN("IPsec2"), SPAN("ipSEC2")));
    cr_expect_not(span_eq_nocase(SPAN("ipsec2"), SPAN("ipsec22")));
    cr_expect_not(span_eq_nocase(SPAN("@"), SPAN("`")), "the bit that differs is that of letter case");
}

Test(span, finds_the_first_place)
{
    cr_expect_eq(span_find(SPAN("aab aabb"), SPAN("aabb")), 4);
    cr_expect_eq(span_find(SPAN("abc"), SPAN("")), 0);
    cr_expect_eq(span_find(SPAN("abc"), SPAN("abcd")), -1);
    cr_expect_eq(span_find(SPAN("abc"), SPAN("x")), -1);
}

Test(span, finds_behind_nul_bytes)
{
    cr_expect_eq(span_find(span_from("a\0b\0c", 5), SPAN("c")), 4);
}

Test(span, reads_numbers_up_to_the_largest)
{
    uint64_t n = 0;
    cr_expect(span_u64(SPAN("0"), &n) && n == 0);
    cr_expect(span_u64(SPAN("18446744073709551615"), &n) && n == UINT64_MAX);
    cr_expect_not(span_u64(SPAN("18446744073709551616"), &n));
    cr_expect_not(span_u64(SPAN(""), &n));
    cr_expect_not(span_u64(SPAN("12a"), &n));
    cr_expect_not(span_u64(SPAN("-1"), &n));
}

Test(span, copies_cut_and_terminated)
{
    char buf[4] = "xxx";
    cr_expect_eq(span_copy(buf, sizeof(buf), SPAN("ipsec2")), 3);
    cr_expect_str_eq(buf, "ips");
    cr_expect_eq(span_copy(buf, sizeof(buf), SPAN_NONE), 0);
    cr_expect_str_eq(buf, "");
}

Test(span, skips_at_most_to_its_end)
{
    cr_expect(span_eq(span_skip(SPAN("abc"), 1), SPAN("bc")));
    cr_expect_eq(span_skip(SPAN("abc"), 9).len, 0);
}

/* Ids are stored: the hash of a text may never change. */
Test(span, hashes_as_it_always_did)
{
    cr_expect_eq(span_hash(SPAN(""), 0), 0x2d06800538d394c2u);
    cr_expect_eq(span_hash(SPAN_NONE, 0), span_hash(SPAN(""), 0));
    cr_expect_neq(span_hash(SPAN("vedge01"), 0), span_hash(SPAN("vedge01"), 1));
    cr_expect_neq(hash_mix(1, 2), hash_mix(2, 1));
}
