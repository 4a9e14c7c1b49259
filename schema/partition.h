/*
 * partition.h — the day partitions of exchange: which days have one, for flush.c.
 *
 * Days are counted since 1970-01-01 UTC.
 */
#ifndef IKEWATCH_SCHEMA_PARTITION_H
#define IKEWATCH_SCHEMA_PARTITION_H

#include "schema/flush.h"

/* Has the day of this time a partition, as far as flush_prepare() knows? */
bool known_days_has(const struct known_days *d, int64_t time_ms);

/* A partition turned out to be gone: ask again. */
void known_days_forget(struct known_days *d);

#endif
