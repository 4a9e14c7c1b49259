#include "classify/base/zone.h"

enum {
    MS_PER_DAY = 86400000,
    LATE_MS = 10 * 60000, /* lines are out of order by less than this */
};

int32_t zone_offset_at(const struct zone *zone, int64_t utc_ms)
{
    size_t low = 0, high = zone ? zone->count : 0;
    if (!high)
        return 0;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->spans[middle].from_ms <= utc_ms)
            low = middle;
        else
            high = middle;
    }
    return zone->spans[low].offset_s;
}

int64_t zone_to_utc(const struct zone *zone, int64_t local_ms, int64_t last_ms)
{
    if (!zone)
        return local_ms;
    int32_t before = zone_offset_at(zone, local_ms - MS_PER_DAY);
    int32_t after = zone_offset_at(zone, local_ms + MS_PER_DAY);
    int64_t first = local_ms - (int64_t)before * 1000, second = local_ms - (int64_t)after * 1000;
    if (before == after)
        return first;
    if (zone_offset_at(zone, first) != before) /* the change is over */
        return zone_offset_at(zone, second) == after ? second : first;
    if (zone_offset_at(zone, second) != after)
        return first;
    return last_ms != INT64_MIN && last_ms > first + LATE_MS ? second : first;
}

const struct zone *zones_of(const struct zones *zones, uint64_t device)
{
    size_t low = 0, high = zones ? zones->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zones->devices[middle].device == device)
            return zones->devices[middle].zone;
        if (zones->devices[middle].device < device)
            low = middle + 1;
        else
            high = middle;
    }
    return zones ? zones->fallback : NULL;
}
