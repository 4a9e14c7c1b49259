#include "ingest/metrics.h"

static struct metric metrics[METRIC_COUNT] = {
#define METRIC(symbol, name, kind, labels, help) [symbol] = {name, METRIC_##kind, labels, help, 0},
#include "ingest/metrics.def"
#undef METRIC
};

/* Index 0 is RECORD_READ, which is no dead letter and not registered. */
static struct metric dead_letters[DEAD_COUNT] = {
#define DEAD(symbol, text, rule, detail)                                                                     \
    [symbol] = {"ikewatch_dead_letters_total", METRIC_COUNTER, "reason=\"" text "\"",                        \
        "records that cannot be read, by reason", 0},
    DEAD_REASONS(DEAD)
#undef DEAD
};

void metrics_register(void)
{
    static bool registered;
    if (registered)
        return;
    registered = true;
    metric_register(metrics, METRIC_COUNT);
    metric_register(dead_letters + 1, DEAD_COUNT - 1);
}

void metrics_add(enum ingest_metric id, int64_t n)
{
    metric_add(&metrics[id], n);
}

void metrics_dead_letter(enum dead_reason reason, int64_t n)
{
    metric_add(&dead_letters[reason], n);
}
