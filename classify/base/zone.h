/*
 * zone.h — local time to UTC, with daylight saving time: what a zone's offset was when.
 *
 * Time    milliseconds since the Unix epoch. Threads  const after loading (ingest/zone.h loads them).
 * Gap     a local time that never was (clocks put forward) is read with the offset before the change.
 * Fold    a local time that was twice (clocks put back) is the first of the two, unless the device has
 * already written something that is later than that (design 3.9: what continues its sequence).
 */
#ifndef IKEWATCH_CLASSIFY_BASE_ZONE_H
#define IKEWATCH_CLASSIFY_BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

/* From `from_ms` (UTC) on the clocks are `offset_s` east of UTC; before the first one as in the first. */
struct zone_span {
    int64_t from_ms;
    int32_t offset_s;
};

struct zone {
    size_t count;                  /* at least 1 */
    const struct zone_span *spans; /* by time, ascending */
};

/* Which zone a device's clock is in. */
struct zones_device {
    uint64_t device; /* id: span_hash(name, 0) */
    const struct zone *zone;
};

struct zones {
    const struct zone *fallback; /* NULL: UTC */
    size_t count;
    const struct zones_device *devices; /* by id, ascending */
};

/* @param zone  NULL is UTC. @return seconds east of UTC */
int32_t zone_offset_at(const struct zone *zone, int64_t utc_ms);

/**
 * @param local_ms  the clock's reading, as if it were UTC
 * @param last_ms   the latest that is known of this clock, UTC; INT64_MIN: nothing
 */
int64_t zone_to_utc(const struct zone *zone, int64_t local_ms, int64_t last_ms);

/* @param zones  NULL is UTC everywhere. @return NULL for UTC */
const struct zone *zones_of(const struct zones *zones, uint64_t device);

#endif
