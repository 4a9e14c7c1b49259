#include "classify/classify.h"
#include "classify/held.h"
#include "classify/incident.h"
#include "classify/job.h"
#include "classify/unknown.h"

#include <stdlib.h>

enum {
    FUTURE_MS = 86400000,      /* more than a day ahead is not believed (design 3.9) */
    REPLAYED_MS = 6 * 3600000, /* skew is estimated only from records this near their record time */
    SKEW_STEP_MS = 20,         /* of the running median */
};

struct classify_options classify_defaults(const struct catalogue *catalogue)
{
    return (struct classify_options){.catalogue = catalogue,
        .flap_window_ms = 15 * 60000,
        .stay_down_after_ms = 10 * 60000,
        .max_devices = 10000};
}

struct classify *classify_new(const struct classify_options *options)
{
    struct classify *c = options->catalogue ? calloc(1, sizeof(*c)) : NULL;
    if (!c)
        return NULL;
    c->options = *options;
    state_open(c);
    return c;
}

void classify_free(struct classify *c)
{
    if (!c)
        return;
    state_close(c);
    struct handles *lists[] = {
        &c->dirty_devices, &c->dirty_exchanges, &c->dirty_tunnels, &c->dirty_incidents};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        handles_close(lists[i]);
    free(c->transitions);
    free(c);
}

static void mark_device(struct classify *c, uint32_t device)
{
    struct device *d = device_at(c, device);
    if (!d->dirty)
        d->dirty = handles_add(&c->dirty_devices, device);
}

/* --- device
 * ------------------------------------------------------------------------------------------------------------
 */

static struct span device_name(const struct envelope *e, const struct record *r, const struct line *l)
{
    struct span name = e->host.len ? e->host : r->key.len ? r->key : l->host;
    return name.len >= NAME_MAX_BYTES ? span_from(name.ptr, NAME_MAX_BYTES - 1) : name;
}

static uint32_t device_new(struct classify *c, struct span name, uint64_t id)
{
    uint32_t h = pool_take(&c->devices);
    if (!h || !index_put(&c->device_index, id, h)) {
        pool_give(&c->devices, h);
        return 0;
    }
    struct device *d = device_at(c, h);
    d->id = id;
    span_copy(d->name, sizeof(d->name), name);
    d->next_uid = -1;
    d->run = 1;
    d->first_seen_ms = d->last_seen_ms = d->booted_ms = d->skew_ms = d->check_ms = d->sweep_ms = d->clock_ms =
        d->unordered_until_ms = d->held_clock_ms = d->held_record_ms = TIME_NONE;
    return h;
}

/* Is this name, shorter than NAME_MAX_BYTES, the one in the buffer? */
static inline bool named(const char buffer[NAME_MAX_BYTES], struct span name)
{
    return buffer[name.len] == '\0' && bytes_eq(buffer, name.ptr, name.len);
}

static void learn_alias(struct device *d, struct span name)
{
    if (!name.len || name.len >= NAME_MAX_BYTES || named(d->name, name))
        return;
    for (int i = 0; i < d->alias_count; i++)
        if (named(d->aliases[i], name))
            return;
    if (d->alias_count < ALIASES_MAX)
        span_copy(d->aliases[d->alias_count++], NAME_MAX_BYTES, name);
}

/* A median that moves a step towards each observation: no history, the same after any restart. */
static void learn_skew(struct device *d, int64_t at_ms, int64_t record_ms)
{
    int64_t off = at_ms - record_ms;
    if (record_ms == TIME_NONE)
        return;
    d->replayed = off < -REPLAYED_MS || off > REPLAYED_MS;
    if (d->replayed)
        return;
    if (!d->skew_known)
        d->skew_ms = off;
    else
        d->skew_ms += off > d->skew_ms ? SKEW_STEP_MS : off < d->skew_ms ? -SKEW_STEP_MS : 0;
    d->skew_known = true;
}

/* When the line was written, on the device's clock. */
static int64_t line_time(
    const struct classify *c, const struct line *l, const struct record *r, const struct device *d)
{
    int64_t last = d->last_seen_ms;
    return stamp_resolve(&l->stamp, c->options.year, r->time_ms, last, zones_of(c->options.zones, d->id));
}

static void touch(
    struct classify *c, uint32_t device, const struct line *l, const struct record *r, int64_t at_ms)
{
    struct device *d = device_at(c, device);
    d->future = r->time_ms != TIME_NONE && at_ms > r->time_ms + FUTURE_MS;
    if (d->first_seen_ms == TIME_NONE || at_ms < d->first_seen_ms)
        d->first_seen_ms = at_ms;
    if (!d->future && (d->last_seen_ms == TIME_NONE || at_ms > d->last_seen_ms))
        d->last_seen_ms = at_ms;
    if (!d->future && (c->watermark_ms == TIME_NONE || at_ms > c->watermark_ms))
        c->watermark_ms = at_ms;
    if (!d->future)
        held_clock(c, device, at_ms);
    learn_skew(d, at_ms, r->time_ms);
    mark_device(c, device);
    if (l->program == LINE_OTHER)
        return;
    d->lines++;
    learn_alias(d, l->host);
    learn_alias(d, l->tag_host);
    if (d->check_ms != TIME_NONE && at_ms >= d->check_ms)
        incident_check(c, device, at_ms);
}

/* --- one line
 * ------------------------------------------------------------------------------------------------------------
 */

static void read_viptela(struct classify *c, uint32_t device, const struct event *e)
{
    struct span pairs = event_text(e, F_PAIRS);
    struct device *d = device_at(c, device);
    if (!pairs.ptr)
        return;
    struct span ip = event_pair(pairs, SPAN("system-ip"));
    if (ip.len && ip.len < sizeof(d->system_ip) && !span_eq(ip, span_of(d->system_ip)))
        span_copy(d->system_ip, sizeof(d->system_ip), ip);
    learn_alias(d, event_pair(pairs, SPAN("host-name")));
}

static void recognise(struct classify *c, struct match_scratch *scratch, uint32_t device,
    const struct line *l, int64_t at_ms, const struct record *r)
{
    struct event e; /* its 33 fields are not cleared: `set` says which there are */
    e.thread = l->program == LINE_VIPTELA ? THREADS_MAX - 1 : l->thread;
    e.fact = FACT_NONE;
    e.at_ms = at_ms;
    e.offset = r->offset;
    e.prefix_uid = l->uid;
    e.prefix_conn = l->conn;
    e.line = l->whole;
    int t = match_text(c->options.catalogue, scratch, l->text, &e.fields);
    if (t < 0) {
        if (l->program == LINE_CHARON) {
            c->counts.unrecognised_charon++;
            unknown_count(c, l->text, at_ms);
        }
        e.kind = EV_NOISE;
    } else {
        const struct template *tpl = catalogue_template(c->options.catalogue, (size_t)t);
        e.kind = tpl->event;
        e.fact = (enum fact)tpl->fact;
    }
    if (l->program == LINE_VIPTELA)
        read_viptela(c, device, &e);
    held_event(c, device, &e, r->time_ms, job_event);
}

static enum dead_reason feed_line(
    struct classify *c, struct match_scratch *scratch, const struct record *r, const struct envelope *env)
{
    struct line l;
    enum dead_reason reason = line_read(env, &l);
    c->counts.lines++;
    if (reason != RECORD_READ)
        return reason;
    struct span name = device_name(env, r, &l);
    if (!name.len)
        return DEAD_NO_DEVICE;
    uint64_t id = span_hash(name, 0);
    uint32_t device = index_get(&c->device_index, id);
    if (l.program == LINE_OTHER) {
        c->counts.other++;
        if (device)
            touch(c, device, &l, r, line_time(c, &l, r, device_at(c, device)));
        return RECORD_READ;
    }
    if (!device && !(device = device_new(c, name, id)))
        return DEAD_NO_ROOM;
    int64_t at_ms = line_time(c, &l, r, device_at(c, device));
    touch(c, device, &l, r, at_ms);
    if (l.program == LINE_CHARON)
        c->counts.charon++;
    else
        c->counts.ftmd++;
    recognise(c, scratch, device, &l, at_ms, r);
    return RECORD_READ;
}

enum dead_reason classify_feed(struct classify *c, struct match_scratch *scratch, const struct record *r)
{
    struct envelope env;
    held_record(c, r->time_ms, job_event);
    enum dead_reason reason = envelope_open(r->value, c->envelope_buf, &env);
    if (reason == RECORD_READ)
        reason = feed_line(c, scratch, r, &env);
    else
        c->counts.lines++;
    c->counts.malformed += reason != RECORD_READ;
    return reason;
}

int64_t classify_watermark(const struct classify *c)
{
    return c->watermark_ms;
}

struct classify_counts classify_counts(const struct classify *c)
{
    return c->counts;
}

void classify_finish(struct classify *c)
{
    for (uint32_t h = 1; h <= c->devices.used; h++)
        if (pool_live(&c->devices, h)) {
            held_finish(c, h, job_event);
            job_finish(c, h);
        }
}
