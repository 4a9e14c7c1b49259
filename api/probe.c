#include "api/probe.h"

#include "api/text.h"

#include <stdlib.h>

enum { REASON_CAP = 256 };

static void add_reason(struct text *t, const char *reason)
{
    if (!*reason)
        return;
    if (t->len)
        text_add(t, SPAN(", "));
    text_json(t, span_of(reason));
}

char *probe_ready(const struct server_options *options, bool *ready)
{
    char database[REASON_CAP] = "", other[REASON_CAP] = "";
    struct text reasons = {0}, t = {0};
    bool pool_fine = !options->pool || pool_ready(options->pool, database, sizeof database);
    bool other_fine = !options->ready || options->ready(options->ready_ctx, other, sizeof other);
    *ready = pool_fine && other_fine;
    add_reason(&reasons, database);
    add_reason(&reasons, other); /* one that is ready may still have something to say */
    text_format(&t, "{\"status\": \"%s\", \"reasons\": [", *ready ? "ready" : "not-ready");
    text_add(&t, span_from(reasons.ptr, reasons.len));
    text_add(&t, SPAN("]}\n"));
    free(text_take(&reasons));
    return text_take(&t);
}

/* The representations of one path, the first row's siblings included. */
static void describe_content(const struct route *route, struct text *t)
{
    const char *separator = "";
    for (int media = 0; media < MEDIA_COUNT; media++) {
        if (!route_in(route, (enum media)media))
            continue;
        const char *type = media_type((enum media)media);
        text_format(t, "%s\"%.*s\": {\"schema\": {\"type\": \"%s\"}}", separator, (int)strcspn(type, ";"),
            type, media == MEDIA_JSON ? "object" : "string");
        separator = ", ";
    }
}

static void describe_route(const struct route *route, struct text *t)
{
    text_format(t, "\"%s\": {\"get\": {\"operationId\": \"%s\", \"summary\": \"%s\", \"parameters\": [",
        route->path, route->function, route->summary);
    param_describe(route, t);
    text_add(t, SPAN("], \"responses\": {\"200\": {\"description\": \"The answer\", \"content\": {"));
    describe_content(route, t);
    text_add(t, SPAN("}}, \"default\": {\"$ref\": \"#/components/responses/problem\"}}}}"));
}

char *probe_openapi(void)
{
    struct text t = {0};
    text_add(&t,
        SPAN("{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"ikewatch\", \"version\": \"" IKEWATCH_VERSION
             "\"}, \"paths\": {"));
    for (size_t i = 0, written = 0; i < route_count; i++) {
        if (!*routes[i].summary)
            continue;
        text_add(&t, written++ ? SPAN(", ") : SPAN(""));
        describe_route(&routes[i], &t);
    }
    text_add(&t,
        SPAN("}, \"components\": {\"responses\": {\"problem\": {\"description\": \"RFC 9457\", \"content\": "
             "{\"application/problem+json\": {\"schema\": {\"type\": \"object\"}}}}}}}\n"));
    return text_take(&t);
}
