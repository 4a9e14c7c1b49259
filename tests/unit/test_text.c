#include "classify/text.h"

#include <criterion/criterion.h>

static bool cleans(const char *bytes, size_t n, const char *want)
{
    struct arena *a = arena_new(1024);
    bool same = span_eq(text_clean(a, span_from(bytes, n)), span_of(want));
    arena_free(a);
    return same;
}

Test(text, good_utf8_stays)
{
    cr_assert(cleans("abc", 3, "abc"));
    cr_assert(cleans("\xc3\xa9\xe3\x83\x88\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe3\x83\x88\xf0\x9f\x98\x80"));
}

Test(text, bad_bytes_and_nul_become_replacement_characters)
{
    cr_assert(cleans("a\0b", 3,
        "a\xEF\xBF\xBD"
        "b"));
    cr_assert(cleans("\xff", 1, "\xEF\xBF\xBD"));
    cr_assert(cleans("\xc0\xaf", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"), "overlong");
    cr_assert(cleans("\xed\xa0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"), "surrogate");
    cr_assert(cleans("x\xe3\x83", 3, "x\xEF\xBF\xBD\xEF\xBF\xBD"), "cut off");
}

Test(text, nothing_stays_nothing)
{
    struct arena *a = arena_new(64);
    cr_assert_null(text_clean(a, SPAN_NONE).ptr);
    cr_assert_not_null(text_clean(a, SPAN("")).ptr);
    arena_free(a);
}
