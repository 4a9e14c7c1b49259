#include "ingest/zone.h"

#include "classify/base/log.h"
#include "classify/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CHANGES_MAX = 512, STEP_S = 5 * 86400 };
static const time_t from_s = 631152000, to_s = 2840140800; /* 1990 to 2060 */

/* +09:00 -0330 +9 */
static bool read_offset(const char *zone, int32_t *offset_s)
{
    struct span s = span_of(zone), hours, minutes = SPAN("0");
    uint64_t h, m;
    if (s.len < 2 || (s.ptr[0] != '+' && s.ptr[0] != '-'))
        return false;
    s = span_skip(s, 1);
    ptrdiff_t colon = span_find(s, SPAN(":"));
    hours = s;
    if (colon >= 0) {
        hours = span_from(s.ptr, (size_t)colon);
        minutes = span_skip(s, (size_t)colon + 1);
    } else if (s.len == 4) {
        hours = span_from(s.ptr, 2);
        minutes = span_skip(s, 2);
    }
    if (!span_u64(hours, &h) || !span_u64(minutes, &m) || h > 14 || m > 59)
        return false;
    *offset_s = (int32_t)(h * 3600 + m * 60) * (zone[0] == '-' ? -1 : 1);
    return true;
}

/* The C library takes any text for a zone and means UTC: the file of the zone decides. */
static bool zone_exists(const char *zone)
{
    char path[512];
    const char *dir = getenv("TZDIR");
    if (!*zone || zone[0] == '/' || strstr(zone, ".."))
        return false;
    int n = snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/usr/share/zoneinfo", zone);
    return n > 0 && (size_t)n < sizeof(path) && access(path, R_OK) == 0;
}

static int32_t offset_of(time_t at)
{
    struct tm tm;
    return localtime_r(&at, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* The first second of (low, high] with another offset than low has. */
static time_t change_between(time_t low, time_t high)
{
    int32_t before = offset_of(low);
    while (high - low > 1) {
        time_t middle = low + (high - low) / 2;
        if (offset_of(middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static struct zone *zone_of_spans(const struct zone_span *spans, size_t count)
{
    struct zone *z = malloc(sizeof(*z) + count * sizeof(*spans));
    if (!z)
        return NULL;
    *z = (struct zone){count, memcpy(z + 1, spans, count * sizeof(*spans))};
    return z;
}

/* No zone has changed its clocks twice within STEP_S. */
static struct zone *read_changes(void)
{
    struct zone_span spans[CHANGES_MAX];
    size_t count = 1;
    spans[0] = (struct zone_span){INT64_MIN, offset_of(from_s)};
    for (time_t at = from_s; at < to_s && count < CHANGES_MAX; at += STEP_S) {
        if (offset_of(at + STEP_S) == spans[count - 1].offset_s)
            continue;
        time_t change = change_between(at, at + STEP_S);
        spans[count++] = (struct zone_span){(int64_t)change * 1000, offset_of(change)};
    }
    return zone_of_spans(spans, count);
}

static struct zone *load_named(const char *name)
{
    const char *set = getenv("TZ");
    char *was = set ? strdup(set) : NULL;
    if (set && !was)
        return NULL;
    setenv("TZ", name, 1);
    tzset();
    struct zone *z = read_changes();
    if (was)
        setenv("TZ", was, 1);
    else
        unsetenv("TZ");
    tzset();
    free(was);
    return z;
}

int zone_load(const char *name, struct zone **out)
{
    struct zone_span fixed = {.from_ms = INT64_MIN};
    *out = NULL;
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0)
        return 0;
    if (read_offset(name, &fixed.offset_s))
        *out = zone_of_spans(&fixed, 1);
    else if (zone_exists(name))
        *out = load_named(name);
    else
        return ERR_NOTFOUND;
    return *out ? 0 : ERR_NOMEM;
}

/* --- the zones of a fleet --- */

struct named {
    const char *name;
    const struct zone *zone;
};

struct gather {
    struct zone_set *set;
    struct zones_device *devices;
    struct named *names; /* what was loaded, by its name: a fleet has few */
    size_t name_count, device_count;
};

static int find_zone(struct gather *g, const char *name, const struct zone **out)
{
    struct zone *z;
    for (size_t i = 0; i < g->name_count; i++)
        if (strcmp(g->names[i].name, name) == 0) {
            *out = g->names[i].zone;
            return 0;
        }
    int rc = zone_load(name, &z);
    if (rc)
        return rc;
    if (z)
        g->set->owned[g->set->owned_count++] = z;
    g->names[g->name_count++] = (struct named){name, *out = z};
    return 0;
}

static int by_device(const void *a, const void *b)
{
    const struct zones_device *x = a, *y = b;
    return x->device < y->device ? -1 : x->device > y->device;
}

static int add_devices(struct gather *g, const struct inventory *inventory, const char **wrong)
{
    for (size_t i = 0; inventory && i < inventory_count(inventory); i++) {
        const struct inventory_tunnel *t = inventory_at(inventory, i);
        const struct zone *zone;
        if (!t->tz[0] || !t->device[0])
            continue;
        *wrong =
            inventory_zone(inventory, span_of(t->device)); /* tunnels of a device that disagree: the first */
        int rc = find_zone(g, *wrong, &zone);
        if (rc)
            return rc;
        g->devices[g->device_count++] = (struct zones_device){span_hash(span_of(t->device), 0), zone};
    }
    return 0;
}

static int gather_zones(
    struct gather *g, const char *fallback, const struct inventory *inventory, const char **wrong)
{
    int rc = 0;
    *wrong = fallback;
    if (fallback && *fallback)
        rc = find_zone(g, fallback, &g->set->zones.fallback);
    if (rc == 0)
        rc = add_devices(g, inventory, wrong);
    if (g->device_count)
        qsort(g->devices, g->device_count, sizeof(*g->devices), by_device);
    g->set->zones.devices = g->devices;
    g->set->zones.count = g->device_count;
    return rc;
}

int zone_set_load(const char *fallback, const struct inventory *inventory, struct zone_set *out)
{
    size_t most = (inventory ? inventory_count(inventory) : 0) + 1;
    const char *wrong = "";
    *out = (struct zone_set){.owned = calloc(most, sizeof(struct zone *))};
    struct gather g = {
        .set = out, .devices = calloc(most, sizeof(*g.devices)), .names = calloc(most, sizeof(*g.names))};
    int rc = ERR_NOMEM;
    if (out->owned && g.devices && g.names)
        rc = gather_zones(&g, fallback, inventory, &wrong);
    else
        free(g.devices);
    if (rc == ERR_NOTFOUND)
        log_error("ingest.zone", "zone=%s detail=%s", log_quote(wrong),
            log_quote("no such zone; write an IANA name such as Asia/Tokyo, or +09:00"));
    free(g.names);
    return rc == ERR_NOTFOUND ? ERR_USAGE : rc;
}

void zone_set_free(struct zone_set *set)
{
    for (size_t i = 0; i < set->owned_count; i++)
        free(set->owned[i]);
    free(set->owned);
    free((void *)(uintptr_t)set->zones.devices);
    *set = (struct zone_set){0};
}
