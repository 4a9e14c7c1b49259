#include "api/query.h"
#include "api/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct query q;
static char buf[512];

static int parse(const char *target)
{
    return query_parse(span_of(target), buf, &q);
}

Test(api_query, splits_path_and_pairs)
{
    cr_assert_eq(parse("/v1/tunnels/vedge01/unknown%3A10.1.1.1?from=-24h&group_by=device,hour&&x"), 0);
    cr_assert_eq(q.segment_count, 4);
    cr_assert(span_eq(q.segment[3], SPAN("unknown:10.1.1.1")));
    cr_assert_eq(q.pair_count, 3);
    cr_assert(span_eq(q.pair[1].value, SPAN("device,hour")));
    cr_assert(span_eq(q.pair[2].name, SPAN("x")));
    cr_assert_eq(q.pair[2].value.len, 0);
}

Test(api_query, an_encoded_slash_stays_in_its_segment)
{
    cr_assert_eq(parse("/v1/devices/a%2Fb"), 0);
    cr_assert(span_eq(q.segment[2], SPAN("a/b")));
}

Test(api_query, plus_is_a_blank_but_in_times)
{
    cr_assert_eq(parse("/?device=a+b&from=2026-03-01T09:00:00+09:00"), 0);
    cr_assert(span_eq(q.pair[0].value, SPAN("a b")));
    cr_assert(span_eq(q.pair[1].value, SPAN("2026-03-01T09:00:00+09:00")));
}

Test(api_query, refuses_what_is_no_text)
{
    static const char *bad[] = {
        "/%", "/%4", "/%zz", "/%00", "/?a=%0a", "/?a=%ff", "/?a=%c0%af", "/?a=%ed%a0%80", "/?a=%1f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(parse(bad[i]), ERR_PARSE, "%s", bad[i]);
}

Test(api_query, has_limits)
{
    cr_assert_eq(parse("/1/2/3/4/5/6/7/8/9"), ERR_FULL);
    char many[4 * QUERY_PAIRS_MAX + 16] = "/?";
    for (size_t i = 0; i <= QUERY_PAIRS_MAX; i++)
        memcpy(many + 2 + 3 * i, "a=&", 4);
    char *big = malloc(sizeof many);
    cr_assert_eq(query_parse(span_of(many), big, &q), ERR_FULL);
    free(big);
}

Test(api_query, text_is_quoted_for_json_and_for_arrays)
{
    struct text t = {0};
    text_json(&t, SPAN("a\"\\\n\xff\xe3\x81\x82"));
    text_array_element(&t, SPAN("x\"y\\z"));
    char *s = text_take(&t);
    cr_assert_str_eq(s, "\"a\\\"\\\\\\u000a\xef\xbf\xbd\xe3\x81\x82\"\"x\\\"y\\\\z\"");
    free(s);
}
