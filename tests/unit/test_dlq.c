/* Dead letters on paper, the name of their topic, and what a worker says of its database. */
#include "ingest/dlq_print.h"
#include "ingest/dlq_send.h"
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
        .value = SPAN("{\"a\": \x1b[2J\\ \xff")},
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
    cr_assert_str_eq(json_string_value(json_object_get(first, "state")), "waiting");
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
