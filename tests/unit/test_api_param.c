#include "api/param.h"
#include "api/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct query q;
static struct problem problem;
static struct param_binding binding;
static char buf[2048];
static const struct param_context context = {.now_ms = INT64_C(1772323200000),
    .silent_after_ms = 900000,
    .stay_down_after_ms = 600000,
    .causes = "path-loss peer-delete"};

static int bind_target(const char *target)
{
    cr_assert_eq(query_parse(span_of(target), buf, &q), 0);
    const struct route *route = route_find(&q);
    cr_assert_not_null(route, "%s", target);
    return param_bind(route, &q, &context, &binding, &problem);
}

static const char *bound(const char *argument)
{
    for (size_t i = 0; i < binding.count; i++) {
        if (strcmp(binding.argument[i], argument) == 0)
            return binding.value[i];
    }
    cr_assert_fail("no argument %s", argument);
    return NULL;
}

static void cleanup(void)
{
    param_binding_free(&binding);
}

TestSuite(api_param, .fini = cleanup);

Test(api_param, defaults_are_bound)
{
    cr_assert_eq(bind_target("/v1/flaps"), 0);
    cr_assert_str_eq(bound("from_time"), "2026-02-28T00:00:00.000Z");
    cr_assert_str_eq(bound("to_time"), "2026-03-01T00:00:00.000Z");
    cr_assert_str_eq(bound("group_by"), "{}");
    cr_assert_str_eq(bound("row_limit"), "100");
    cr_assert_str_eq(bound("silent_after"), "900000 milliseconds");
    cr_assert_null(bound("device"));
}

Test(api_param, repeated_filters_become_one_array)
{
    cr_assert_eq(
        bind_target("/v1/flaps?device=a&device=b%22%5C,c&vpn=1&vpn=2&peer=10.0.0.0/"
                    "8&peer=::1&group_by=hour,device&group_by=cause&site=Tokyo&carrier=NTT&carrier=KDDI"),
        0);
    cr_assert_str_eq(bound("device"), "{\"a\",\"b\\\"\\\\,c\"}");
    cr_assert_str_eq(bound("vpn"), "{\"1\",\"2\"}");
    cr_assert_str_eq(bound("site"), "{\"Tokyo\"}");
    cr_assert_str_eq(bound("carrier"), "{\"NTT\",\"KDDI\"}");
    cr_assert_str_eq(bound("peer"), "{\"10.0.0.0/8\",\"::1\"}");
    cr_assert_str_eq(bound("group_by"), "{\"hour\",\"device\",\"cause\"}");
}

Test(api_param, path_values_are_bound)
{
    cr_assert_eq(bind_target("/v1/incidents/ffffffffffffffff"), 0);
    cr_assert_str_eq(bound("id"), "-1");
    param_binding_free(&binding);
    cr_assert_eq(bind_target("/v1/tunnels/vedge01/ipsec2"), 0);
    cr_assert_str_eq(bound("device_name"), "vedge01");
    cr_assert_str_eq(bound("tunnel_name"), "ipsec2");
}

Test(api_param, a_path_that_cannot_exist_is_not_found)
{
    cr_assert_eq(bind_target("/v1/incidents/12"), ERR_PARSE);
    cr_assert_eq(problem.kind, PROBLEM_NOT_FOUND);
    param_binding_free(&binding);
    cr_assert_eq(bind_target("/v1/peers/10.0.0.0%2F8"), ERR_PARSE);
    cr_assert_eq(problem.kind, PROBLEM_NOT_FOUND);
}

static const struct {
    const char *target, *parameter, *says;
} refusals[] = {
    {"/v1/flaps?grup_by=device", "grup_by", "did you mean 'group_by'"},
    {"/v1/fleet?device=a", "device", "unknown parameter"},
    {"/v1/flaps?group_by=devise", "group_by", "did you mean 'device'"},
    {"/v1/flaps?group_by=hour,day", "group_by", "one bucket"},
    {"/v1/flaps?group_by=device,peer,vpn", "group_by", "two groups"},
    {"/v1/flaps?group_by=device,device", "group_by", "twice"},
    {"/v1/flaps?from=yesterday", "from", "RFC 3339"},
    {"/v1/flaps?from=now&to=-1h", "from", "empty"},
    {"/v1/flaps?from=-1h&to=-1h", "from", "empty"},
    {"/v1/flaps?from=-1h&from=-2h", "from", "more than once"},
    {"/v1/flaps?tz=%27;drop", "tz", "IANA"},
    {"/v1/flaps?cause=path-los", "cause", "did you mean 'path-loss'"},
    {"/v1/incidents?state=opn", "state", "did you mean 'open'"},
    {"/v1/incidents?limit=0", "limit", "1 to 1000"},
    {"/v1/incidents?limit=1001", "limit", "1 to 1000"},
    {"/v1/incidents?device=", "device", "must not be empty"},
    {"/v1/incidents?peer=10.0.0.0/33", "peer", "CIDR"},
    {"/v1/incidents?vpn=-1", "vpn", "must be a number"},
    {"/v1/status?lang=fr", "lang", "one of: en ja"},
};

Test(api_param, refuses_what_it_does_not_understand)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        cr_assert_eq(bind_target(refusals[i].target), ERR_PARSE, "%s", refusals[i].target);
        cr_assert_str_eq(problem.errors[0].parameter, refusals[i].parameter, "%s", refusals[i].target);
        cr_assert_not_null(strstr(problem.errors[0].detail, refusals[i].says), "%s: %s", refusals[i].target,
            problem.errors[0].detail);
        param_binding_free(&binding);
    }
}

Test(api_param, the_statement_names_and_casts_every_argument)
{
    cr_assert_eq(bind_target("/v1/devices/vedge01"), 0);
    char *sql = param_statement(route_find(&q), &binding);
    cr_assert_str_eq(sql, "SELECT part FROM ikewatch.api_device(device_name => $1::text, silent_after => "
                          "$2::interval) AS part");
    free(sql);
}

Test(api_param, every_route_describes_itself)
{
    for (size_t i = 0; i < route_count; i++) {
        struct text t = {0};
        param_describe(&routes[i], &t);
        char *text = text_take(&t);
        cr_assert_not_null(strstr(text, "\"name\": \"format\""), "%s", routes[i].path);
        free(text);
    }
}
