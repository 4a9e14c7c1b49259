#include "api/metrics.h"

struct metric api_metrics[] = {
#define METRIC(symbol, kind, name, labels, help) {name, kind, labels, help, 0},
#include "api/metrics.def"
#undef METRIC
};

void api_metrics_register(void)
{
    static bool done;
    if (!done)
        metric_register(api_metrics, API_METRIC_COUNT);
    done = true;
}
