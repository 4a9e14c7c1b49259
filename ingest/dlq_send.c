#include "ingest/dlq_send.h"

#include "ingest/dlq_fetch.h"
#include "ingest/dlq_headers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP_MS = 100, STEPS_MAX = 700 };

struct dlq_sender {
    struct dlq_route route;
    char target[DLQ_TOPIC_BYTES];
    struct producer *producer;
    struct dlq_fetch *fetch; /* opened at the first record that is cut */
    struct arena *arena;     /* of the record being sent: what was fetched, headers */
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

/* @return 0; ERR_NOTFOUND: only the beginning is left; another: not now */
static int whole(struct dlq_sender *s, const struct dead_letter *l, struct dlq_bytes *out)
{
    *out = (struct dlq_bytes){l->key, l->value, l->headers};
    if (!l->cut)
        return 0;
    int rc = s->fetch ? 0 : dlq_fetch_open(s->route.brokers, s->route.topic, s->route.properties, &s->fetch);
    return rc ? rc : dlq_fetch_record(s->fetch, l->partition, l->offset, s->arena, out);
}

static void send_one(struct dlq_sender *s, const struct dead_letter *l)
{
    struct dlq_bytes bytes;
    int rc = whole(s, l, &bytes);
    if (rc == ERR_NOTFOUND && s->route.back) {
        on_delivery(s, (void *)l, "Kafka has deleted it, and only its beginning is kept", true);
        return;
    }
    if (rc && rc != ERR_NOTFOUND) {
        on_delivery(s, (void *)l, err_text(rc), false);
        return;
    }
    struct dlq_headers headers = dlq_headers_of(&s->route, l, bytes.headers, rc == ERR_NOTFOUND, s->arena);
    const struct producer_record r = {.key = bytes.key,
        .value = bytes.value,
        .partition = s->route.back ? l->partition : -1,
        .time_ms = s->route.back && l->time_ms != INT64_MIN ? l->time_ms : 0,
        .headers = headers.list,
        .header_count = headers.count,
        .tag = (void *)l};
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
    for (; i < letters->count && !is_set(stopping); i++) {
        arena_reset(s->arena); /* the client has copied the last one */
        send_one(s, &letters->list[i]);
    }
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
