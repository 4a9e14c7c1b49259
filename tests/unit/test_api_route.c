#include "api/problem.h"
#include "api/route.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct query q;
static char buf[512];

static const struct route *find(const char *target)
{
    cr_assert_eq(query_parse(span_of(target), buf, &q), 0);
    return route_find(&q);
}

Test(api_route, paths_find_their_functions)
{
    cr_assert_str_eq(find("/v1/fleet")->function, "api_fleet");
    cr_assert_str_eq(find("/v1/devices/a/tunnels?limit=1")->function, "api_device_tunnels");
    cr_assert_str_eq(find("/v1/tunnels/a/ipsec2")->function, "api_tunnel");
    cr_assert_str_eq(find("/v1/tunnels/")->function, "api_tunnels");
    cr_assert_null(find("/v1/tunnels/a"));
    cr_assert_null(find("/v1/devices//tunnels"));
    cr_assert_null(find("/v1"));
    cr_assert_null(find("/"));
}

Test(api_route, accept_chooses_the_representation)
{
    const struct route *r = find("/v1/incidents/0000000000000001/evidence");
    cr_assert_eq(route_accept(r, NULL)->media, MEDIA_JSON);
    cr_assert_eq(route_accept(r, "*/*")->media, MEDIA_JSON);
    cr_assert_eq(route_accept(r, "text/plain")->media, MEDIA_TEXT);
    cr_assert_eq(route_accept(r, "text/*, application/json;q=0.5")->media, MEDIA_TEXT);
    cr_assert_eq(route_accept(r, "text/html,application/xml;q=0.9,*/*;q=0.8")->media, MEDIA_JSON);
    cr_assert_eq(route_accept(r, "application/json;q=0, text/plain;q=0.1")->media, MEDIA_TEXT);
    cr_assert_null(route_accept(r, "image/png"));
    cr_assert_eq(
        route_accept(find("/v1/incidents/0000000000000001/report"), "text/markdown")->media, MEDIA_MD);
}

Test(api_route, a_problem_says_what_and_where)
{
    struct problem p = {.kind = PROBLEM_PARAMETER};
    problem_add(&p, SPAN("tz\"x"), "is %s", "wrong");
    char *body = problem_body(&p, "id1");
    cr_assert_str_eq(body,
        "{\"type\": \"urn:ikewatch:problem:invalid-parameter\", \"title\": \"A parameter is wrong\", "
        "\"status\": 400, "
        "\"request_id\": \"id1\", \"errors\": [{\"parameter\": \"tz\\\"x\", \"detail\": \"is wrong\"}]}\n");
    free(body);
    for (size_t i = 0; i < 2 * PROBLEM_ERRORS_MAX; i++)
        problem_add(&p, SPAN("a"), "b");
    cr_assert_eq(p.error_count, PROBLEM_ERRORS_MAX);
}
