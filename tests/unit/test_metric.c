#include "classify/base/metric.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct metric table[] = {
    {"ikewatch_test_total", METRIC_COUNTER, "reason=\"empty\"", "Test.", 0},
    {"ikewatch_test_total", METRIC_COUNTER, "reason=\"full\"", "Test.", 0},
    {"ikewatch_test_lag", METRIC_GAUGE, "", "Lag.", 0},
};

static char *page(void)
{
    char *text = NULL;
    ptrdiff_t n = metric_print(&text);
    cr_assert_gt(n, 0);
    cr_assert_eq((size_t)n, strlen(text));
    return text;
}

Test(metric, prints_what_was_added)
{
    metric_register(table, 3);
    metric_add(&table[0], 2);
    metric_add(&table[0], 3);
    metric_set(&table[2], -7);
    char *text = page();
    cr_expect_eq(
        strstr(text, "# HELP ikewatch_test_total Test.\n# TYPE ikewatch_test_total counter\n"
                     "ikewatch_test_total{reason=\"empty\"} 5\nikewatch_test_total{reason=\"full\"} 0\n"
                     "# HELP ikewatch_test_lag Lag.\n# TYPE ikewatch_test_lag gauge\nikewatch_test_lag -7\n"),
        text, "%s", text);
    free(text);
}

Test(metric, a_table_registered_again_is_printed_once)
{
    metric_register(table, 3);
    metric_register(table, 3);
    char *text = page();
    cr_expect_null(strstr(strstr(text, "# TYPE ikewatch_test_lag") + 1, "# TYPE ikewatch_test_lag"));
    free(text);
}

Test(metric, tells_of_the_process)
{
    char *text = page();
    cr_expect_not_null(strstr(text, "\nprocess_resident_memory_bytes "));
    cr_expect_not_null(
        strstr(text, "\nprocess_start_time_seconds 1"), "seconds since 1970 begin with 1 until 2033");
    cr_expect_not_null(strstr(text, "ikewatch_build_info{version=\""));
    free(text);
}
