#include "classify/text.h"
#include "classify/unknown.h"

#include <criterion/criterion.h>
#include <stdlib.h>

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

/* --- lines that no template knows --- */

static bool masks(const char *text, size_t cap, const char *want)
{
    char *exact = malloc(strlen(text)), out[512]; /* so that a read behind the text is found */
    memcpy(exact, text, strlen(text));
    size_t n = unknown_mask(span_from(exact, strlen(text)), out, cap);
    free(exact);
    return span_eq(span_from(out, n), span_of(want));
}

Test(text, words_with_a_digit_and_quoted_names_are_masked)
{
    cr_expect(masks("rekeying CHILD_SA in 3360s, SPI c0ffee1d from 10.1.2.3", 240,
        "rekeying CHILD_SA in # SPI # from #"));
    cr_expect(masks("no config named 'site a 7' for \"gw 1\" here", 240, "no config named '#' for '#' here"));
    cr_expect(masks("peer didn't answer, it's 5 o'clock", 240, "peer didn't answer, it's # o'clock"));
    cr_expect(masks("'a'b 'open 1", 240, "'#'b '#'"));
    cr_expect(masks("7", 240, "#"));
    cr_expect(
        masks("word  two blanks 12345678901234567 \xe3\x83\x88", 240, "word  two blanks # \xe3\x83\x88"));
}

Test(text, a_masked_text_is_cut_within_its_last_word)
{
    cr_expect(masks("abcdefgh ijklmnop qrst", 20, "abcdefgh ijklmno "));
    cr_expect(masks("abcdefgh ijklmnop qrst", 13, "abcdefgh "));
    cr_expect(masks("abcdefghijklmnopqrstuvw", 20, "abcdefghijklmnop"));
    cr_expect(masks("abcdefgh ijklmnop 9rst", 22, "abcdefgh ijklmnop "));
}
