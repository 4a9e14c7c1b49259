#include "ingest/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

int zone_offset(const char *zone, int64_t at_ms, int32_t *offset_s)
{
    struct tm tm;
    time_t at = (time_t)(at_ms / 1000);
    *offset_s = 0;
    if (strcmp(zone, "UTC") == 0 || strcmp(zone, "Z") == 0 || read_offset(zone, offset_s))
        return 0;
    if (!zone_exists(zone))
        return ERR_NOTFOUND;
    setenv("TZ", zone, 1);
    tzset();
    if (!localtime_r(&at, &tm))
        return ERR_NOTFOUND;
    *offset_s = (int32_t)tm.tm_gmtoff;
    return 0;
}
