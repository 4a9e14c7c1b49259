/*
 * metrics.h — the counters of this room: metrics.def, and the dead letters by reason.
 */
#ifndef IKEWATCH_INGEST_METRICS_H
#define IKEWATCH_INGEST_METRICS_H

#include "classify/base/metric.h"
#include "classify/record.h"

enum ingest_metric {
#define METRIC(symbol, name, kind, labels, help) symbol,
#include "ingest/metrics.def"
#undef METRIC
    METRIC_COUNT
};

/* Once a process. @thread main, before others start */
void metrics_register(void);

void metrics_add(enum ingest_metric id, int64_t n);
void metrics_dead_letter(enum dead_reason reason, int64_t n);

#endif
