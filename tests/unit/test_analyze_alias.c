#include "ingest/analyze_alias.h"

#include <criterion/criterion.h>

static struct span of(struct alias_hosts *hosts, const char *name)
{
    return alias_of(hosts, alias_count(hosts, span_of(name)));
}

static struct alias_hosts many(const char *name, int lines)
{
    struct alias_hosts hosts = {.count = 0};
    for (int i = 0; i < lines; i++)
        alias_count(&hosts, span_of(name));
    return hosts;
}

Test(analyze_alias, a_rare_slip_of_a_name_is_that_name)
{
    struct alias_hosts hosts = many("vedge01", 30);
    cr_assert(span_eq(of(&hosts, "Lvedge01"), SPAN("vedge01")));
    cr_assert(span_eq(of(&hosts, "vedge0l"), SPAN("vedge01")));
    cr_assert(span_eq(of(&hosts, "vede01"), SPAN("vedge01")));
    cr_assert(span_eq(of(&hosts, "vedge01"), SPAN("vedge01")));
}

Test(analyze_alias, other_devices_stay_themselves)
{
    struct alias_hosts hosts = many("vedge01", 30);
    cr_assert(span_eq(of(&hosts, "vedge02"), SPAN("vedge02")), "numbered neighbours");
    cr_assert(span_eq(of(&hosts, "router9"), SPAN("router9")));
    hosts = many("edge-a", 9);
    cr_assert(span_eq(of(&hosts, "edge-b"), SPAN("edge-b")), "not rare enough");
}

Test(analyze_alias, a_line_without_host_has_none)
{
    struct alias_hosts hosts = {.count = 0};
    cr_assert_null(of(&hosts, "").ptr);
}
