#include "ingest/dlq_send.h"

#include "ingest/dlq_fetch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP_MS = 100, STEPS_MAX = 700, HEADERS_MAX = 9, NUMBER_BYTES = 24 };

struct dlq_sender {
    struct dlq_route route;
    char target[DLQ_TOPIC_BYTES];
    struct producer *producer;
    struct dlq_fetch *fetch; /* opened at the first record that is cut */
    struct arena *arena;     /* what was fetched */
    const struct dead_letter **lists;
    size_t lists_cap;
    struct dlq_result result;
};

void dlq_topic(const char *topic, const char *group, char out[DLQ_TOPIC_BYTES])
{
    snprintf(out, DLQ_TOPIC_BYTES, "%.120s.%.120s.dlq", topic, group);
    for (char *p = out; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
            *p = '_';
}

static void on_delivery(void *ctx, void *tag, const char *error, bool for_good)
{
    struct dlq_sender *s = ctx;
    const struct dead_letter *letter = tag;
    if (error)
        span_copy(s->result.why, sizeof(s->result.why), span_of(error));
    if (!error)
        s->result.delivered[s->result.delivered_count++] = letter;
    else if (for_good)
        s->result.never[s->result.never_count++] = letter;
    else
        s->result.failed++;
}

static int open_producer(struct dlq_sender *s)
{
    int rc = producer_open(
        s->route.brokers, s->route.back ? s->route.topic : s->target, s->route.properties, &s->producer);
    if (rc == 0)
        producer_on_delivery(s->producer, on_delivery, s);
    return rc;
}

int dlq_sender_open(const struct dlq_route *route, struct dlq_sender **out)
{
    struct dlq_sender *s = calloc(1, sizeof(*s));
    *out = NULL;
    if (!s)
        return ERR_NOMEM;
    s->route = *route;
    s->arena = arena_new((size_t)64 * 1024);
    dlq_topic(route->topic, route->group, s->target);
    int rc = s->arena ? open_producer(s) : ERR_NOMEM;
    if (rc) {
        dlq_sender_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void dlq_sender_close(struct dlq_sender *s)
{
    if (!s)
        return;
    producer_close(s->producer);
    dlq_fetch_close(s->fetch);
    arena_free(s->arena);
    free(s->lists);
    free(s);
}

struct producer *dlq_sender_producer(struct dlq_sender *s)
{
    return s->producer;
}

/* --- one record --- */

static size_t headers_of(const struct dlq_sender *s, const struct dead_letter *l, bool cut,
    char numbers[3][NUMBER_BYTES], struct producer_header out[HEADERS_MAX])
{
    size_t n = 0;
    snprintf(numbers[0], NUMBER_BYTES, "%d", (int)l->partition);
    snprintf(numbers[1], NUMBER_BYTES, "%lld", (long long)l->offset);
    snprintf(numbers[2], NUMBER_BYTES, "%lld", (long long)l->time_ms);
    out[n++] = (struct producer_header){"dlq.topic", span_of(s->route.topic)};
    out[n++] = (struct producer_header){"dlq.partition", span_of(numbers[0])};
    out[n++] = (struct producer_header){"dlq.offset", span_of(numbers[1])};
    if (l->time_ms != INT64_MIN)
        out[n++] = (struct producer_header){"dlq.timestamp", span_of(numbers[2])};
    out[n++] = (struct producer_header){"dlq.group", span_of(s->route.group)};
    out[n++] = (struct producer_header){"dlq.reason", l->reason};
    out[n++] = (struct producer_header){"dlq.exception", l->detail};
    out[n++] = (struct producer_header){"dlq.version", span_of(IKEWATCH_VERSION)};
    if (cut)
        out[n++] = (struct producer_header){"dlq.cut", SPAN("true")};
    return n;
}

/* @return 0; ERR_NOTFOUND: only the beginning is left; another: not now */
static int whole(struct dlq_sender *s, const struct dead_letter *l, struct span *key, struct span *value)
{
    *key = l->key;
    *value = l->value;
    if (!l->cut)
        return 0;
    int rc = s->fetch ? 0 : dlq_fetch_open(s->route.brokers, s->route.topic, s->route.properties, &s->fetch);
    return rc ? rc : dlq_fetch_record(s->fetch, l->partition, l->offset, s->arena, key, value);
}

static void send_one(struct dlq_sender *s, const struct dead_letter *l)
{
    struct producer_header headers[HEADERS_MAX];
    char numbers[3][NUMBER_BYTES];
    struct producer_record r = {.partition = s->route.back ? l->partition : -1,
        .time_ms = s->route.back && l->time_ms != INT64_MIN ? l->time_ms : 0,
        .headers = headers,
        .tag = (void *)l};
    int rc = whole(s, l, &r.key, &r.value);
    if (rc == ERR_NOTFOUND && s->route.back) {
        on_delivery(s, (void *)l, "Kafka has deleted it, and only its beginning is kept", true);
        return;
    }
    if (rc && rc != ERR_NOTFOUND) {
        on_delivery(s, (void *)l, err_text(rc), false);
        return;
    }
    r.header_count = headers_of(s, l, rc == ERR_NOTFOUND, numbers, headers);
    producer_offer(s->producer, &r, STEP_MS * 50);
}

/* --- many --- */

static int make_room(struct dlq_sender *s, size_t count)
{
    if (count > s->lists_cap) {
        const struct dead_letter **grown = realloc(s->lists, 2 * count * sizeof(*grown));
        if (!grown)
            return ERR_NOMEM;
        s->lists = grown;
        s->lists_cap = count;
    }
    s->result = (struct dlq_result){.delivered = s->lists, .never = s->lists + s->lists_cap};
    return 0;
}

static bool is_set(const atomic_bool *stopping)
{
    return stopping && atomic_load(stopping);
}

int dlq_sender_send(struct dlq_sender *s, const struct dead_letters *letters, const atomic_bool *stopping,
    struct dlq_result *out)
{
    bool done = false;
    size_t i = 0;
    int rc = s->producer ? 0 : open_producer(s);
    if (rc == 0)
        rc = make_room(s, letters->count);
    if (rc)
        return rc;
    arena_reset(s->arena);
    for (; i < letters->count && !is_set(stopping); i++)
        send_one(s, &letters->list[i]);
    for (int n = 0; n < STEPS_MAX && !done && !is_set(stopping); n++)
        done = producer_flush(s->producer, STEP_MS);
    if (!done) { /* the reports point at the letters: none may come later */
        producer_close(s->producer);
        s->producer = NULL;
    }
    s->result.failed = letters->count - s->result.delivered_count - s->result.never_count;
    *out = s->result;
    return 0;
}
