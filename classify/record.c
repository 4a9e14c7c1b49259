#include "classify/record.h"

static const struct {
    const char *text, *detail;
} reasons[DEAD_COUNT] = {[RECORD_READ] = {"", ""},
#define DEAD(symbol, t, d) [symbol] = {t, d},
    DEAD_REASONS(DEAD)
#undef DEAD
};

const char *dead_reason_text(enum dead_reason reason)
{
    return reason < DEAD_COUNT ? reasons[reason].text : "";
}

const char *dead_reason_detail(enum dead_reason reason)
{
    return reason < DEAD_COUNT ? reasons[reason].detail : "";
}
