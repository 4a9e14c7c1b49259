/*
 * zone.h — time zones as people name them: Asia/Tokyo, UTC, +09:00; and which device is in which.
 */
#ifndef IKEWATCH_INGEST_ZONE_H
#define IKEWATCH_INGEST_ZONE_H

#include "classify/base/err.h"
#include "classify/base/span.h"
#include "classify/base/zone.h"

struct inventory;

/**
 * The zone with its changes from 1990 to 2060. A named zone is asked of the C library; its TZ variable is
 * changed by that and put back.
 * @param out  malloc()ed, the caller frees it; NULL for UTC
 * @return 0, ERR_NOMEM, or ERR_NOTFOUND: no such zone
 * @thread main, before others are started
 */
int zone_load(const char *name, struct zone **out);

/* Zones that are owned. */
struct zone_set {
    struct zones zones; /* for classify_options */
    struct zone **owned;
    size_t owned_count;
};

/**
 * @param fallback   of devices for which the inventory names none; NULL or "": UTC
 * @param inventory  its column tz; NULL: none
 * @param out        zone_set_free() it, also after an error
 * @return 0, ERR_NOMEM, or ERR_USAGE: no such zone; said, with the name and the remedy
 */
int zone_set_load(const char *fallback, const struct inventory *inventory, struct zone_set *out);
void zone_set_free(struct zone_set *set);

#endif
