/*
 * zone.h — a time zone as people name it: Asia/Tokyo, UTC, +09:00.
 */
#ifndef IKEWATCH_INGEST_ZONE_H
#define IKEWATCH_INGEST_ZONE_H

#include "classify/base/err.h"
#include "classify/base/span.h"

/**
 * Seconds east of UTC at an instant. A named zone is looked up by the C library; its TZ variable is changed
 * by that.
 * @param at_ms  ms since the epoch, UTC
 * @return 0, or ERR_NOTFOUND: no such zone
 * @thread main
 */
int zone_offset(const char *zone, int64_t at_ms, int32_t *offset_s);

#endif
