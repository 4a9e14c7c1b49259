/* What `ikewatch replay` decides before it sends: whose lines they are, and when they were written. */
#include "ingest/envelope_write.h"
#include "ingest/survey.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const int64_t may_2025_ms = 1746100800000; /* 2025-05-01T12:00:00Z */
static const int64_t day_ms = 86400000;

static struct file_line line_of(const char *file, const char *text, int64_t file_time_ms)
{
    return (struct file_line){.text = span_of(text), .file = file, .file_time_ms = file_time_ms};
}

static void add(struct survey *s, const char *file, const char *text)
{
    const struct file_line line = line_of(file, text, may_2025_ms);
    cr_assert_eq(survey_line(s, &line), 0);
}

static struct survey fresh(void)
{
    return (struct survey){.oldest_ms = INT64_MAX, .now_ms = may_2025_ms};
}

Test(replay, a_file_is_keyed_by_the_host_of_most_of_its_lines)
{
    struct survey s = fresh();
    add(&s, "a", "Apr  1 10:00:00 Avedge01 charon: 05[IKE] x");
    add(&s, "a", "Apr  1 10:00:01 vedge01 charon: 05[IKE] x");
    add(&s, "a", "Apr  1 10:00:02 vedge01 charon: 05[IKE] x");
    add(&s, "b", "Apr  1 10:00:02 vedge02 charon: 05[IKE] x");
    cr_assert(span_eq(survey_host(&s, "a"), SPAN("vedge01")));
    cr_assert(span_eq(survey_host(&s, "b"), SPAN("vedge02")));
    survey_free(&s);
}

Test(replay, a_file_without_a_host_has_no_key)
{
    struct survey s = fresh();
    add(&s, "a", "");
    cr_assert_null(survey_host(&s, "a").ptr);
    cr_assert_null(survey_host(&s, "never read").ptr);
    survey_free(&s);
}

Test(replay, more_hosts_than_are_counted_do_no_harm)
{
    struct survey s = fresh();
    char text[64];
    for (int i = 0; i < 3 * SURVEY_HOSTS; i++) {
        snprintf(text, sizeof(text), "Apr  1 10:00:00 host%d charon: 05[IKE] x", i);
        add(&s, "a", text);
    }
    cr_assert(span_eq(survey_host(&s, "a"), SPAN("host0")));
    survey_free(&s);
}

Test(replay, the_year_is_the_latest_that_is_not_after_the_file)
{
    struct survey_clock clock = {0};
    const struct file_line april = line_of("a", "Apr  1 10:00:00 v charon: 05[IKE] x", may_2025_ms);
    const struct file_line june = line_of("b", "Jun  1 10:00:00 v charon: 05[IKE] x", may_2025_ms);
    cr_assert_eq(survey_time(&clock, &april, INT64_MAX), 1743501600000); /* 2025-04-01T10:00:00Z */
    cr_assert_eq(survey_time(&clock, &june, INT64_MAX), 1717236000000);  /* 2024-06-01T10:00:00Z */
}

Test(replay, a_line_without_a_stamp_has_the_time_of_the_one_before)
{
    struct survey_clock clock = {0};
    const struct file_line first = line_of("a", "no stamp", may_2025_ms);
    const struct file_line second = line_of("a", "Apr  1 10:00:00 v charon: 05[IKE] x", may_2025_ms);
    cr_assert_eq(survey_time(&clock, &first, INT64_MAX), may_2025_ms);
    int64_t stamped = survey_time(&clock, &second, INT64_MAX);
    cr_assert_eq(survey_time(&clock, &first, INT64_MAX), stamped);
}

Test(replay, no_line_is_sent_ahead_of_the_clock)
{
    struct survey_clock clock = {0};
    const int64_t now_ms = may_2025_ms - 40 * day_ms;
    const struct file_line line = line_of("a", "Apr  1 10:00:00 v charon: 05[IKE] x", may_2025_ms);
    cr_assert_eq(survey_time(&clock, &line, now_ms), now_ms);
}

Test(replay, the_oldest_line_is_known_before_anything_is_sent)
{
    struct survey s = fresh();
    add(&s, "a", "Apr  1 10:00:00 v charon: 05[IKE] x");
    add(&s, "b", "Mar  1 10:00:00 v charon: 05[IKE] x");
    add(&s, "b", "Apr 30 10:00:00 v charon: 05[IKE] x");
    cr_assert_eq(s.oldest_ms, 1740823200000); /* 2025-03-01T10:00:00Z */
    cr_assert_eq(s.lines, 3);
    survey_free(&s);
}

static void check_envelope(struct span line, const char *want)
{
    struct arena *a = arena_new(4096);
    struct span got = envelope_write(a, SPAN("r\"1"), line);
    cr_assert(span_eq(got, span_of(want)), "%.*s", (int)got.len, got.ptr);
    arena_free(a);
}

Test(replay, an_envelope_escapes_what_json_needs_escaped)
{
    check_envelope(SPAN("a \"b\" \\ \t\0c"),
        "{\"host\": \"r\\\"1\", \"message\": \"a \\\"b\\\" \\\\ \\u0009\\u0000c\"}");
}

Test(replay, an_envelope_keeps_utf8_and_replaces_what_is_none)
{
    check_envelope(SPAN("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\x92"),
        "{\"host\": \"r\\\"1\", \"message\": \"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\x92\"}");
    check_envelope(SPAN("\xFF\xC0\xAF\xED\xA0\x80z\xE2\x82"),
        "{\"host\": \"r\\\"1\", \"message\": "
        "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
        "z\xEF\xBF\xBD\xEF\xBF\xBD\"}");
}
