#include "classify/envelope.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char buf[RECORD_VALUE_MAX];

static struct envelope opened(const char *text)
{
    struct envelope e;
    cr_assert_eq(envelope_open(span_of(text), buf, &e), RECORD_READ, "%s", text);
    return e;
}

#define LINE "Nov 23 18:14:29 vedge01 charon: 05[IKE] IKE_SA deleted"

Test(envelope, a_raw_line_is_its_own_payload_without_newline)
{
    cr_assert(span_eq(opened(LINE "\r\n").line, SPAN(LINE)));
}

Test(envelope, the_canonical_envelope_names_the_device)
{
    struct envelope e = opened("{\"host\": \"edge\", \"message\": \"" LINE "\"}");
    cr_assert(span_eq(e.host, SPAN("edge")));
    cr_assert(span_eq(e.line, SPAN(LINE)));
}

Test(envelope, escapes_are_undone)
{
    struct envelope e = opened("{\"message\": \"a \\\"b\\\" \\u00e9\\t\\/\", \"host\":\"h\\u0061\"}");
    cr_assert(span_eq(e.line, SPAN("a \"b\" \xc3\xa9\t/")));
    cr_assert(span_eq(e.host, SPAN("ha")));
    cr_assert(span_eq(opened("{\"message\": \"\\ud83d\\ude00\"}").line, SPAN("\xf0\x9f\x98\x80")),
        "surrogates by the library");
}

Test(envelope, what_vector_rsyslog_fluent_bit_and_filebeat_write_is_read)
{
    struct envelope v = opened(
        "{\"appname\":\"charon\",\"facility\":\"daemon\",\"host\":\"vedge01\",\"message\":\"05[IKE] x\","
        "\"source_type\":\"syslog\",\"timestamp\":\"2026-11-23T18:14:29Z\"}");
    cr_assert(span_eq(v.program, SPAN("charon")) && span_eq(v.stamp, SPAN("2026-11-23T18:14:29Z")));
    struct envelope f = opened(
        "{\"@timestamp\":\"2026-11-23T18:14:30.000Z\",\"@metadata\":{\"beat\":\"filebeat\"},\"message\":"
        "\"" LINE
        "\",\"hostname\":\"vedge01\",\"host\":{\"name\":\"collector\"},\"process\":{\"name\":\"charon\"}}");
    cr_assert(span_eq(f.host, SPAN("vedge01")) && span_eq(f.program, SPAN("charon")) &&
              span_eq(f.line, SPAN(LINE)));
    struct envelope r = opened(
        "{\"fromhost\":\"vedge01\",\"programname\":\"charon\",\"timereported\":\"2026-11-23T18:14:29+00:00\","
        "\"msg\":\" 05[IKE] x\"}");
    cr_assert(span_eq(r.host, SPAN("vedge01")) && span_eq(r.program, SPAN("charon")));
    struct envelope b = opened("{\"pri\":\"30\",\"time\":\"Nov 23 "
                               "18:14:29\",\"host\":\"vedge01\",\"ident\":\"charon\",\"message\":\"x\"}");
    cr_assert(span_eq(b.program, SPAN("charon")) && span_eq(b.stamp, SPAN("Nov 23 18:14:29")));
}

Test(envelope, what_cannot_be_read_says_why)
{
    struct envelope e;
    char *huge = calloc(1, RECORD_VALUE_MAX + 1);
    memset(huge, 'x', RECORD_VALUE_MAX + 1);
    cr_assert_eq(envelope_open(SPAN_NONE, buf, &e), DEAD_EMPTY);
    cr_assert_eq(envelope_open(SPAN("  \n"), buf, &e), DEAD_EMPTY);
    cr_assert_eq(envelope_open(span_from(huge, RECORD_VALUE_MAX + 1), buf, &e), DEAD_TOO_LONG);
    cr_assert_eq(envelope_open(SPAN("{\"message\": "), buf, &e), DEAD_BAD_JSON);
    cr_assert_eq(envelope_open(SPAN("{\"message\": \"a\"} trailing"), buf, &e), DEAD_BAD_JSON);
    cr_assert_eq(envelope_open(SPAN("{\"text\": \"a\"}"), buf, &e), DEAD_NO_MESSAGE);
    cr_assert_eq(envelope_open(SPAN("{\"message\": \"\"}"), buf, &e), DEAD_EMPTY);
    cr_assert_eq(envelope_open(SPAN("{\"message\": 5}"), buf, &e), DEAD_NO_MESSAGE);
    free(huge);
}
