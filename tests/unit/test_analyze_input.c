#include "ingest/analyze_input.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/ikewatch-test-input-XXXXXX";
static struct analyze_input in;

static void read_text(const char *text)
{
    int fd = mkstemp(path);
    char *names[] = {path};
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    cr_assert_eq(analyze_input_read(&in, names, 1), 0);
    unlink(path);
}

static void tear_down(void)
{
    analyze_input_free(&in);
}

TestSuite(analyze_input, .fini = tear_down);

/* The numbers of the lines in their order: "3 1 2 ". */
static const char *order(void)
{
    static char text[256];
    size_t n = 0;
    for (size_t i = 0; i < in.count; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%lld ", (long long)in.lines[i].number);
    return text;
}

#define HEAD " vedge01 charon: 05[IKE] sending keep alive\n"

Test(analyze_input, lines_are_put_in_order_of_time_and_equal_ones_stay)
{
    read_text("Nov 23 18:14:43" HEAD "Nov 23 18:14:41" HEAD "Nov 23 18:14:42" HEAD "Nov 23 18:14:41" HEAD);
    cr_assert_eq(analyze_input_sort(&in, 2025, 0), 0);
    cr_expect_str_eq(order(), "2 4 3 1 ");
}

Test(analyze_input, a_line_without_a_stamp_stays_behind_its_neighbour)
{
    read_text("Nov 23 18:14:43" HEAD "and what follows\n"
              "Nov 23 18:14:41" HEAD "\n");
    cr_assert_eq(analyze_input_sort(&in, 2025, 0), 0);
    cr_expect_str_eq(order(), "3 4 1 2 ");
}

Test(analyze_input, year_and_zone_are_those_that_were_said)
{
    read_text("Nov 23 18:14:41" HEAD);
    static const struct zone_span nine_hours = {INT64_MIN, 9 * 3600};
    static const struct zone tokyo = {1, &nine_hours};
    const struct zones zones = {.fallback = &tokyo};
    cr_assert_eq(analyze_input_sort(&in, 2024, &zones), 0);
    cr_expect_eq(in.lines[0].stamp_ms, INT64_C(1732353281000), "2024-11-23T09:14:41Z");
}

Test(analyze_input, nothing_is_nothing)
{
    read_text("");
    cr_assert_eq(analyze_input_sort(&in, 0, 0), 0);
    cr_expect_eq(in.count, 0);
}
