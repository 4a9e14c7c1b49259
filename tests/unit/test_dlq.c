/* Dead letters on paper, their headers, the name of their topic, and what a worker says of its database. */
#include "ingest/dlq_headers.h"
#include "ingest/dlq_print.h"
#include "ingest/ingest.h"
#include "ingest/settle.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

static struct dead_letter letters[] = {
    {.partition = 3,
        .offset = 42,
        .reason = SPAN("bad-json"),
        .detail = SPAN("starts like \"JSON\""),
        .time = SPAN("2026-06-18T12:00:00Z"),
        .key = SPAN("vedge01"),
        .value = SPAN("{\"a\": \x1b[2J\\ \xff"),
        .headers = SPAN("\x06\x02h\x06v\x1b\"\x02n\x01\x00\x00")},
    {.partition = 4, .offset = 7, .reason = SPAN("empty"), .sent = SPAN("2026-06-18T12:00:01Z"), .cut = true},
};

static char *printed(void (*print)(FILE *, const struct dead_letters *), size_t count)
{
    const struct dead_letters list = {.list = letters, .count = count};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    print(out, &list);
    fclose(out);
    return text;
}

Test(dlq, a_terminal_takes_no_harm_from_what_was_sent)
{
    char *text = printed(dlq_print_table, 2);
    for (const char *p = text; *p; p++)
        cr_assert(*p == '\n' || (*p >= ' ' && *p < 127), "byte %d", *p);
    cr_assert_not_null(strstr(text, "{\"a\": \\x1b[2J\\\\ \\xff"));
    cr_assert_not_null(strstr(text, "starts like"));
    cr_assert_not_null(strstr(text, "sent"));
    free(text);
}

Test(dlq, json_is_json)
{
    char *text = printed(dlq_print_json, 2);
    json_t *list = json_loads(text, 0, NULL);
    cr_assert_eq(json_array_size(list), 2, "%s", text);
    const json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
    cr_assert_str_eq(json_string_value(json_object_get(first, "start")), "{\"a\": \\x1b[2J\\\\ \\xff");
    cr_assert_str_eq(json_string_value(json_object_get(first, "detail")), "starts like \"JSON\"");
    cr_assert_str_eq(json_string_value(json_object_get(first, "rule")), "RFC 8259");
    cr_assert_str_eq(json_string_value(json_object_get(first, "state")), "waiting");
    const json_t *headers = json_object_get(first, "headers");
    cr_assert_eq(json_array_size(headers), 3);
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(headers, 0), "name")), "h");
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(headers, 0), "value")), "v\\x1b\"");
    cr_assert(json_is_null(json_object_get(json_array_get(headers, 1), "value")));
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(headers, 2), "value")), "");
    cr_assert_eq(json_array_size(json_object_get(second, "headers")), 0);
    cr_assert(json_is_null(json_object_get(second, "start")), "a tombstone");
    cr_assert(json_is_true(json_object_get(second, "cut")));
    cr_assert_str_eq(json_string_value(json_object_get(second, "state")), "sent");
    json_decref(list);
    free(text);
    text = printed(dlq_print_json, 0);
    cr_assert_str_eq(text, "[]\n");
    free(text);
}

Test(dlq, a_long_value_is_begun)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    dlq_print_start(out, SPAN("0123456789"), 4);
    fclose(out);
    cr_assert_str_eq(text, "0123…");
    free(text);
}

Test(dlq, the_topic_has_a_name_that_kafka_takes)
{
    char name[DLQ_TOPIC_BYTES], group[300];
    dlq_topic("charon", "ike watch/1", name);
    cr_assert_str_eq(name, "charon.ike_watch_1.dlq");
    memset(group, 'g', sizeof(group) - 1);
    group[sizeof(group) - 1] = '\0';
    dlq_topic(group, group, name);
    cr_assert_leq(strlen(name), 249);
}

Test(dlq, a_worker_says_why_it_waits)
{
    char why[256];
    struct settle_state s = {.connected = true, .database = "53100 no space", .refusal = "42501 no right"};
    cr_assert(settle_reason(&s, why, sizeof(why)));
    cr_assert_str_eq(why, "");
    s.failures = 1;
    cr_assert(settle_reason(&s, why, sizeof(why)), "once is no reason");
    s.failures = 3;
    cr_assert_not(settle_reason(&s, why, sizeof(why)));
    cr_assert_str_eq(why, "the database refuses for now, tried again: 53100 no space");
    s.parked = 2;
    cr_assert_not(settle_reason(&s, why, sizeof(why)));
    cr_assert_not_null(strstr(why, "2 partition(s) stopped"));
    cr_assert_not_null(strstr(why, "42501 no right"));
    s.connected = false;
    cr_assert_not(settle_reason(&s, why, sizeof(why)));
    cr_assert_str_eq(why, "no connection to the database: 53100 no space");
}

/* --- headers --- */

static const struct header own[] = {{SPAN("trace"), SPAN("\0\xff")}, {SPAN("null"), {NULL, 0}},
    {SPAN("trace"), SPAN("")}, {SPAN(""), SPAN("x")}};
enum { OWN = sizeof(own) / sizeof(own[0]) };

static void own_at(const void *ctx, size_t i, struct header *out)
{
    *out = ((const struct header *)ctx)[i];
}

static struct arena *arena;

static void open_arena(void)
{
    arena = arena_new(4096);
}

static void close_arena(void)
{
    arena_free(arena);
}

TestSuite(headers, .init = open_arena, .fini = close_arena);

Test(headers, come_back_as_they_were)
{
    struct header list[64];
    struct span packed = headers_pack(own_at, own, OWN, 4096, arena);
    cr_assert_not(headers_cut(packed));
    cr_assert_eq(headers_read(packed, list), OWN);
    for (size_t i = 0; i < OWN; i++) {
        cr_assert(span_eq(list[i].name, own[i].name));
        cr_assert(span_eq(list[i].value, own[i].value));
        cr_assert_eq(list[i].value.ptr == NULL, own[i].value.ptr == NULL);
    }
    cr_assert_eq(headers_read(SPAN_NONE, NULL), 0);
    cr_assert_not(headers_cut(SPAN_NONE));
    cr_assert_null(headers_of_message(NULL, 4096, arena).ptr);
}

Test(headers, are_as_in_kafkas_records)
{
    static char large[200];
    const struct header h = {SPAN("n"), span_from(large, sizeof(large))};
    struct span packed = headers_pack(own_at, &h, 1, 4096, arena);
    cr_assert(span_starts(packed, SPAN("\x02\x02n\x90\x03")), "1, 1, n, 200");
    cr_assert_eq(packed.len, 5 + sizeof(large));
}

Test(headers, are_cut_to_whole_ones)
{
    struct header list[64];
    size_t all = headers_pack(own_at, own, OWN, 4096, arena).len;
    for (size_t cap = 10; cap < all; cap++) {
        struct span packed = headers_pack(own_at, own, OWN, cap, arena);
        cr_assert_leq(packed.len, cap);
        cr_assert(headers_cut(packed));
        cr_assert_lt(headers_read(packed, list), OWN);
    }
    cr_assert_not(headers_cut(headers_pack(own_at, own, OWN, all, arena)));
}

Test(headers, bytes_that_are_none_do_no_harm)
{
    struct header list[64];
    struct span packed = headers_pack(own_at, own, OWN, 4096, arena);
    for (size_t len = 0; len < packed.len; len++) {
        char *some = malloc(len ? len : 1); /* of its own, so that a byte too far is seen */
        memcpy(some, packed.ptr, len);
        cr_assert_lt(headers_read(span_from(some, len), list), OWN);
        free(some);
    }
    cr_assert_eq(headers_read(SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), list), 0);
    cr_assert_eq(headers_read(SPAN("\x02\x01\x01"), list), 0, "a name is never null");
    cr_assert_eq(headers_read(SPAN("\x01\x00\x00"), list), 0, "fewer than none");
}

static const struct dead_letter refused = {.partition = 3,
    .offset = 42,
    .reason = SPAN("refused-by-database"),
    .detail = SPAN("23514 no"),
    .time_ms = INT64_MIN};

/* NAME=VALUE, a line each */
static const char *headers_text(const struct dlq_route *route, const struct dead_letter *l, bool cut)
{
    static char text[2048];
    size_t n = 0;
    struct dlq_headers h =
        dlq_headers_of(route, l, headers_pack(own_at, own + 2, 1, 4096, arena), cut, arena);
    for (size_t i = 0; i < h.count; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s=%.*s\n", (int)h.list[i].name.len,
            h.list[i].name.ptr, (int)h.list[i].value.len, h.list[i].value.ptr);
    return text;
}

Test(headers, of_a_dead_letter_follow_its_own)
{
    struct dead_letter stamped = refused;
    stamped.time_ms = 1781740800123;
    const struct dlq_route route = {.topic = "charon", .group = "g"};
    cr_assert_str_eq(headers_text(&route, &stamped, true),
        "trace=\ndlq.topic=charon\ndlq.partition=3\ndlq.offset=42\ndlq.timestamp=1781740800123\ndlq.group=g\n"
        "dlq.reason=refused-by-database\ndlq.rule=SQLSTATE 23514\ndlq.exception=23514 no\n"
        "dlq.version=" IKEWATCH_VERSION "\ndlq.cut=true\n");
    cr_assert_null(strstr(headers_text(&route, &refused, false), "dlq.timestamp"), "it had none");
}

Test(headers, may_be_those_of_kafka_connect)
{
    struct dlq_route route = {.topic = "charon", .group = "g", .headers = DLQ_HEADERS_CONNECT};
    cr_assert_str_eq(headers_text(&route, &refused, false),
        "trace=\n__connect.errors.topic=charon\n__connect.errors.partition=3\n__connect.errors.offset=42\n"
        "__connect.errors.connector.name=g\n__connect.errors.stage=TASK_PUT\n"
        "__connect.errors.exception.class.name=refused-by-database\n"
        "__connect.errors.exception.message=23514 no\n");
    route.headers = DLQ_HEADERS_BOTH;
    const char *both = headers_text(&route, &letters[0], true);
    cr_assert_not_null(strstr(both, "\ndlq.rule=RFC 8259\n"));
    cr_assert_not_null(strstr(both, "\n__connect.errors.stage=VALUE_CONVERTER\n"));
    cr_assert_not_null(strstr(both, "\ndlq.cut=true\n"));
}

Test(headers, of_what_goes_back_are_its_own)
{
    const struct dlq_route route = {.topic = "charon", .group = "g", .back = true};
    cr_assert_str_eq(headers_text(&route, &refused, false), "trace=\n");
}
