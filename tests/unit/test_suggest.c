#include "classify/base/suggest.h"

#include <criterion/criterion.h>

static const char *nearest(const char *word)
{
    const char *best = NULL;
    suggest_consider(word, "ingest", &best);
    suggest_consider(word, "analyze", &best);
    suggest_consider(word, "api", &best);
    return best;
}

Test(suggest, counts_edits_and_swaps)
{
    cr_expect_eq(suggest_distance("ingest", "ingest"), 0);
    cr_expect_eq(suggest_distance("ingset", "ingest"), 1);
    cr_expect_eq(suggest_distance("", "api"), 3);
    cr_expect_eq(suggest_distance("INGEST", "ingest"), 0);
}

Test(suggest, names_what_was_meant_and_nothing_far)
{
    cr_expect_str_eq(nearest("analyse"), "analyze");
    cr_expect_str_eq(nearest("injest"), "ingest");
    cr_expect_str_eq(nearest("apo"), "api");
    cr_expect_null(nearest("frobnicate"));
}
