#include "classify/held.h"

#include "classify/parked.h"

enum {
    WINDOW_MS = 2000,
    BACK_MS = 1000, /* less is only how stamps are rounded */
    UNORDERED_FOR_MS = 3600000,
    SILENT_MS = 2 * WINDOW_MS, /* of record time, since the device's last line */
    CLOCK_BACK_LINES = 8,
};

static struct held *held_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->held, h);
}

void held_clock(struct classify *c, uint32_t device, int64_t at_ms)
{
    struct device *d = device_at(c, device);
    int64_t back_ms = d->clock_ms == TIME_NONE ? 0 : d->clock_ms - at_ms;
    if (back_ms <= 0) {
        d->clock_ms = at_ms;
        d->late_lines = 0;
    } else if (back_ms > WINDOW_MS) {
        c->counts.late++;
        if (++d->late_lines >= CLOCK_BACK_LINES) {
            d->clock_ms = at_ms;
            d->late_lines = 0;
        }
    } else {
        d->late_lines = 0;
        if (back_ms >= BACK_MS)
            d->unordered_until_ms = d->clock_ms + UNORDERED_FOR_MS;
    }
}

/* --- the list of a device, by stamp --- */

static void insert(struct classify *c, struct device *d, uint32_t h)
{
    struct held *new = held_at(c, h);
    uint32_t before = 0, next = d->first_held;
    if (d->last_held && held_at(c, d->last_held)->event.at_ms <= new->event.at_ms) {
        before = d->last_held;
        next = 0;
    }
    while (next && held_at(c, next)->event.at_ms <= new->event.at_ms) {
        before = next;
        next = held_at(c, next)->event.next;
    }
    new->event.next = next;
    if (before)
        held_at(c, before)->event.next = h;
    else
        d->first_held = h;
    if (!next)
        d->last_held = h;
    d->held_count++;
}

static void read_first(struct classify *c, uint32_t device, held_read_fn read)
{
    struct device *d = device_at(c, device);
    uint32_t h = d->first_held;
    struct held copy = *held_at(c, h);
    d->first_held = copy.event.next;
    d->held_count--;
    if (!d->first_held)
        d->last_held = 0;
    pool_give(&c->held, h);
    struct event e = parked_event(&copy.event);
    read(c, device, &e);
}

static void read_all(struct classify *c, uint32_t device, held_read_fn read)
{
    while (device_at(c, device)->first_held)
        read_first(c, device, read);
}

/* --- the devices that hold lines --- */

static void watch(struct classify *c, uint32_t device, int64_t record_ms)
{
    struct device *d = device_at(c, device);
    d->held_record_ms = record_ms;
    if (!d->holding) {
        d->holding = true;
        d->next_holding = c->first_holding;
        c->first_holding = device;
    }
    int64_t due_ms = record_ms == TIME_NONE ? TIME_NONE : record_ms + SILENT_MS;
    if (due_ms != TIME_NONE && (c->held_due_ms == TIME_NONE || due_ms < c->held_due_ms))
        c->held_due_ms = due_ms;
}

void held_record(struct classify *c, int64_t record_ms, held_read_fn read)
{
    if (c->held_due_ms == TIME_NONE || record_ms < c->held_due_ms)
        return;
    uint32_t h = c->first_holding;
    c->first_holding = 0;
    c->held_due_ms = TIME_NONE;
    for (uint32_t next; h; h = next) {
        struct device *d = device_at(c, h);
        next = d->next_holding;
        d->holding = false;
        if (d->held_record_ms == TIME_NONE || d->held_record_ms + SILENT_MS <= record_ms)
            read_all(c, h, read);
        if (d->first_held)
            watch(c, h, d->held_record_ms);
    }
}

/* --- events --- */

static bool hold(struct classify *c, uint32_t device, const struct event *e, int64_t record_ms)
{
    struct device *d = device_at(c, device);
    uint32_t h = e->line.len <= PARKED_LINE_MAX ? pool_take(&c->held) : 0;
    if (!h)
        return false;
    parked_copy(&held_at(c, h)->event, e);
    insert(c, d, h);
    watch(c, device, record_ms);
    return true;
}

void held_event(
    struct classify *c, uint32_t device, const struct event *e, int64_t record_ms, held_read_fn read)
{
    struct device *d = device_at(c, device);
    bool unordered = d->unordered_until_ms != TIME_NONE && d->clock_ms <= d->unordered_until_ms;
    if (!unordered && !d->first_held) {
        read(c, device, e);
        return;
    }
    bool late = e->at_ms + WINDOW_MS < d->clock_ms;
    if (!unordered || d->clock_ms < d->held_clock_ms) /* or the clock was put back */
        read_all(c, device, read);
    d->held_clock_ms = d->clock_ms;
    if (unordered && !late && d->held_count >= HELD_PER_DEVICE)
        read_first(c, device, read);
    if (!unordered || late) {
        read(c, device, e);
    } else if (!hold(c, device, e, record_ms)) {
        read_all(c, device, read); /* so that the order of its thread is kept */
        read(c, device, e);
    }
    while (d->first_held && held_at(c, d->first_held)->event.at_ms + WINDOW_MS < d->clock_ms)
        read_first(c, device, read);
}

void held_finish(struct classify *c, uint32_t device, held_read_fn read)
{
    read_all(c, device, read);
}
