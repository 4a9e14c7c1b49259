/* fuzz_query: a request target through path, query and parameter reading, to the statement that would be
 * sent. */
#include "api/param.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct param_context context = {.now_ms = INT64_C(1772323200000),
        .silent_after_ms = 900000,
        .stay_down_after_ms = 600000,
        .causes = "path-loss peer-delete"};
    struct query q;
    struct param_binding binding;
    struct problem problem;
    char *buf = malloc(size + 1);
    struct span target = span_from((const char *)data, size);
    const struct route *route = buf && query_parse(target, buf, &q) == 0 ? route_find(&q) : NULL;
    if (route) {
        int rc = param_bind(route, &q, &context, &binding, &problem);
        free(rc ? problem_body(&problem, "id") : param_statement(route, &binding));
        param_binding_free(&binding);
    }
    free(buf);
    return 0;
}
