#include "classify/parked.h"

enum { OVERDUE_MS = 3000 }; /* as far as lines may be out of order, and the second they are of */

static uint16_t offset_in(struct span line, struct span part)
{
    return part.ptr && part.ptr >= line.ptr && part.ptr <= line.ptr + line.len
               ? (uint16_t)(part.ptr - line.ptr)
               : 0;
}

void parked_copy(struct parked *p, const struct event *e)
{
    p->kind = (uint8_t)e->kind;
    p->fact = (uint8_t)e->fact;
    p->thread = e->thread;
    p->at_ms = e->at_ms;
    p->offset = e->offset;
    p->prefix_uid = e->prefix_uid;
    p->has_conn = e->prefix_conn.ptr != NULL;
    p->conn_start = offset_in(e->line, e->prefix_conn);
    p->conn_len = (uint16_t)e->prefix_conn.len;
    p->set = e->fields.set;
    for (int f = 0; f < FIELD_COUNT; f++) {
        struct span text = event_text(e, (enum field)f);
        p->start[f] = offset_in(e->line, text);
        p->length[f] = (uint16_t)text.len;
    }
    p->line_len = (uint16_t)e->line.len;
    memcpy(p->line, e->line.ptr, e->line.len);
}

bool parked_add(struct classify *c, uint32_t device, uint32_t job, const struct event *e)
{
    struct device *d = device_at(c, device);
    uint32_t h =
        d->parked_count < PARKED_PER_DEVICE && e->line.len <= PARKED_LINE_MAX ? pool_take(&c->parked) : 0;
    if (!h) {
        c->counts.shed++;
        return false;
    }
    struct parked *p = pool_at(&c->parked, h);
    parked_copy(p, e);
    p->job = job;
    if (d->last_parked)
        ((struct parked *)pool_at(&c->parked, d->last_parked))->next = h;
    else
        d->first_parked = h;
    d->last_parked = h;
    d->parked_count++;
    job_at(c, job)->parked = true;
    return true;
}

struct event parked_event(const struct parked *p)
{
    struct event e = {.kind = (enum event_kind)p->kind,
        .fact = (enum fact)p->fact,
        .thread = p->thread,
        .at_ms = p->at_ms,
        .offset = p->offset,
        .prefix_uid = p->prefix_uid,
        .prefix_conn = p->has_conn ? span_from(p->line + p->conn_start, p->conn_len) : SPAN_NONE,
        .line = span_from(p->line, p->line_len)};
    e.fields.set = p->set;
    for (int f = 0; f < FIELD_COUNT; f++)
        e.fields.text[f] = span_from(p->line + p->start[f], p->length[f]);
    return e;
}

static void unlink_parked(struct classify *c, struct device *d, uint32_t h, uint32_t before)
{
    const struct parked *p = pool_at(&c->parked, h);
    if (before)
        ((struct parked *)pool_at(&c->parked, before))->next = p->next;
    else
        d->first_parked = p->next;
    if (d->last_parked == h)
        d->last_parked = before;
    d->parked_count--;
}

/* Is an event of the same thread still before h? */
static bool behind_another(const struct classify *c, const struct device *d, uint32_t h)
{
    uint32_t job = ((const struct parked *)pool_at(&c->parked, h))->job;
    for (uint32_t i = d->first_parked; i != h; i = ((const struct parked *)pool_at(&c->parked, i))->next)
        if (((const struct parked *)pool_at(&c->parked, i))->job == job)
            return true;
    return false;
}

static bool more_of_job(const struct classify *c, const struct device *d, uint32_t job)
{
    for (uint32_t i = d->first_parked; i; i = ((const struct parked *)pool_at(&c->parked, i))->next)
        if (((const struct parked *)pool_at(&c->parked, i))->job == job)
            return true;
    return false;
}

/* The first event that may be read now; *before is its neighbour in the list. 0: none */
static uint32_t next_ready(struct classify *c, uint32_t device, parked_ready_fn ready, uint32_t *before)
{
    struct device *d = device_at(c, device);
    *before = 0;
    for (uint32_t h = d->first_parked; h; h = ((struct parked *)pool_at(&c->parked, h))->next) {
        const struct parked *p = pool_at(&c->parked, h);
        if (!behind_another(c, d, h)) {
            struct event e = parked_event(p);
            if (ready(c, device, p->job, &e))
                return h;
        }
        *before = h;
    }
    return 0;
}

void parked_retry(struct classify *c, uint32_t device, bool all, parked_ready_fn ready, parked_read_fn read)
{
    struct device *d = device_at(c, device);
    while (d->first_parked) {
        uint32_t before, h = next_ready(c, device, ready, &before);
        if (!h && all) {
            h = d->first_parked;
            before = 0;
        }
        if (!h)
            return;
        struct parked copy = *(struct parked *)pool_at(&c->parked, h);
        unlink_parked(c, d, h, before);
        pool_give(&c->parked, h);
        job_at(c, copy.job)->parked = more_of_job(c, d, copy.job);
        struct event e = parked_event(&copy);
        read(c, device, copy.job, &e);
    }
}

bool parked_overdue(const struct classify *c, uint32_t device, int64_t now_ms)
{
    const struct device *d = device_at(c, device);
    const struct parked *first = d->first_parked ? pool_at(&c->parked, d->first_parked) : NULL;
    return first && (now_ms >= first->at_ms + OVERDUE_MS || now_ms <= first->at_ms - OVERDUE_MS);
}
