/*
 * metric.h — counters and gauges of the process, printed as Prometheus text (exposition format 0.0.4).
 *
 * A room declares its metrics in a metrics.def and registers the table once at start; ids are then plain
 * indices. Threads counters and gauges are atomic, any thread may add; printing reads them relaxed.
 */
#ifndef IKEWATCH_BASE_METRIC_H
#define IKEWATCH_BASE_METRIC_H

#include "classify/base/span.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
    const char *name; /* ikewatch_records_read_total */
    enum metric_kind kind;
    const char *labels; /* constant label set without braces: reason="empty"; "" for none */
    const char *help;
    int64_t value; /* touched by __atomic builtins only */
};

enum { METRIC_TABLES_MAX = 16 };

/* Rows of one name must stand together. @thread main, before others start */
void metric_register(struct metric *table, size_t count);

static inline void metric_add(struct metric *m, int64_t n)
{
    __atomic_fetch_add(&m->value, n, __ATOMIC_RELAXED);
}

static inline void metric_set(struct metric *m, int64_t value)
{
    __atomic_store_n(&m->value, value, __ATOMIC_RELAXED);
}

/**
 * All registered tables as Prometheus text, plus process_* (start time, resident bytes, CPU seconds, open
 * files) and build info.
 * @param out  malloc()ed, the caller frees it
 * @return its length, or ERR_NOMEM
 */
ptrdiff_t metric_print(char **out);

#endif
