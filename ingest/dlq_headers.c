#include "ingest/dlq_headers.h"

#include "ingest/dead_letter.h"
#include "ingest/ingest.h"

enum { OWN_MAX = 17 };

static void put(struct dlq_headers *h, struct span name, struct span value)
{
    if (value.ptr)
        h->list[h->count++] = (struct header){name, value};
}

static struct span number(struct arena *arena, int64_t n)
{
    return arena_printf(arena, "%lld", (long long)n);
}

static void put_dlq(
    struct dlq_headers *h, const struct dlq_route *route, const struct dead_letter *l, struct arena *arena)
{
    char rule[DEAD_LETTER_RULE_BYTES];
    put(h, SPAN("dlq.topic"), span_of(route->topic));
    put(h, SPAN("dlq.partition"), number(arena, l->partition));
    put(h, SPAN("dlq.offset"), number(arena, l->offset));
    if (l->time_ms != INT64_MIN)
        put(h, SPAN("dlq.timestamp"), number(arena, l->time_ms));
    put(h, SPAN("dlq.group"), span_of(route->group));
    put(h, SPAN("dlq.reason"), l->reason);
    put(h, SPAN("dlq.rule"), arena_span(arena, dead_letter_rule(l->reason, l->detail, rule)));
    put(h, SPAN("dlq.exception"), l->detail);
    put(h, SPAN("dlq.version"), span_of(IKEWATCH_VERSION));
}

/* Names and texts as DeadLetterQueueReporter.java writes them; a stage is one of Stage.java. */
static void put_connect(
    struct dlq_headers *h, const struct dlq_route *route, const struct dead_letter *l, struct arena *arena)
{
    bool stored = span_eq(l->reason, span_of(dead_reason_text(DEAD_REFUSED)));
    put(h, SPAN("__connect.errors.topic"), span_of(route->topic));
    put(h, SPAN("__connect.errors.partition"), number(arena, l->partition));
    put(h, SPAN("__connect.errors.offset"), number(arena, l->offset));
    put(h, SPAN("__connect.errors.connector.name"), span_of(route->group));
    put(h, SPAN("__connect.errors.stage"), stored ? SPAN("TASK_PUT") : SPAN("VALUE_CONVERTER"));
    put(h, SPAN("__connect.errors.exception.class.name"), l->reason);
    put(h, SPAN("__connect.errors.exception.message"), l->detail);
}

struct dlq_headers dlq_headers_of(const struct dlq_route *route, const struct dead_letter *l,
    struct span original, bool cut, struct arena *arena)
{
    struct dlq_headers h = {arena_take(arena, (original.len / 2 + OWN_MAX) * sizeof(struct header)), 0};
    h.count = headers_read(original, h.list);
    if (route->back)
        return h;
    if (route->headers != DLQ_HEADERS_CONNECT)
        put_dlq(&h, route, l, arena);
    if (route->headers != DLQ_HEADERS_DLQ)
        put_connect(&h, route, l, arena);
    if (cut)
        put(&h, SPAN("dlq.cut"), SPAN("true"));
    return h;
}
