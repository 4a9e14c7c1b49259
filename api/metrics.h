/*
 * metrics.h — what this room counts; metrics.def is the list.
 */
#ifndef IKEWATCH_API_METRICS_H
#define IKEWATCH_API_METRICS_H

#include "classify/base/metric.h"

enum api_metric {
#define METRIC(symbol, kind, name, labels, help) API_##symbol,
#include "api/metrics.def"
#undef METRIC
    API_METRIC_COUNT
};

extern struct metric api_metrics[];

/* Once per process; again is no harm. @thread main */
void api_metrics_register(void);

#endif
