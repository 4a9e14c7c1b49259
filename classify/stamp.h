/*
 * stamp.h — when a line was written: RFC 3164 stamps without year and zone, RFC 3339 stamps with both.
 *
 * Time    milliseconds since the Unix epoch, UTC, by the device's clock.
 * Year    of a stamp without one (design 3.9): the latest that puts it no later than the record's time + 1
 * day; once the device has been seen, the one that continues its sequence. Source  RFC 3164 4.1.2, RFC
 * 5424 6.2.3, RFC 3339.
 */
#ifndef IKEWATCH_CLASSIFY_STAMP_H
#define IKEWATCH_CLASSIFY_STAMP_H

#include "classify/base/span.h"
#include "classify/base/zone.h"

struct stamp {
    int16_t year;                /* 0: not said */
    int8_t month, day;           /* 1.. */
    int8_t hour, minute, second; /* second 0..60, a leap second counts as 59 */
    int16_t millisecond;
    bool zoned; /* zone_offset_s was said */
    int32_t zone_offset_s;
};

/**
 * Reads a stamp at the start of *s and moves *s behind it.
 * @return 1 read; 0 no stamp there, *s unmoved; -1 it has the form of one but no such date exists, *s moved
 */
int stamp_read(struct span *s, struct stamp *out);

/**
 * @param year, zone  used where the stamp does not say; NULL is UTC
 * @param last_ms     the device's latest line, which tells the two passes of a clock put back apart;
 * INT64_MIN: none yet
 */
int64_t stamp_ms(const struct stamp *st, int year, const struct zone *zone, int64_t last_ms);

/**
 * @param year            of stamps without one; 0: by the rule above
 * @param record_time_ms  Kafka's or the file's time; INT64_MIN: unknown
 * @param last_ms         the device's latest line; INT64_MIN: none yet
 */
int64_t stamp_resolve(
    const struct stamp *st, int year, int64_t record_time_ms, int64_t last_ms, const struct zone *zone);

/* RFC 3339 UTC, seconds or milliseconds when there are any: 2026-11-23T18:14:29Z. @return length */
enum { STAMP_TEXT_MAX = 32 };
size_t stamp_text(int64_t ms, char buf[STAMP_TEXT_MAX]);

#endif
