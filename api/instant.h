/*
 * instant.h — moments as a client writes them.
 *
 * Source  RFC 3339 5.6 (with offset; a blank for T is taken); relative forms of the API: now, -90d, -24h,
 * -15m, -30s, -2w.
 */
#ifndef IKEWATCH_API_INSTANT_H
#define IKEWATCH_API_INSTANT_H

#include "classify/base/span.h"

enum { INSTANT_CAP = 40 };

/* @param now_ms  what `now` means, ms since 1970 UTC. @return false if text is no moment between the years
 * 1970 and 9999. */
bool instant_parse(struct span text, int64_t now_ms, int64_t *ms);

/* 2026-03-01T00:24:08.000Z */
void instant_print(int64_t ms, char buf[INSTANT_CAP]);

#endif
