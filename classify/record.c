#include "classify/record.h"

static const struct {
    const char *text, *rule, *detail;
} reasons[DEAD_COUNT] = {[RECORD_READ] = {"", "", ""},
#define DEAD(symbol, t, r, d) [symbol] = {t, r, d},
    DEAD_REASONS(DEAD)
#undef DEAD
};

const char *dead_reason_text(enum dead_reason reason)
{
    return reason < DEAD_COUNT ? reasons[reason].text : "";
}

const char *dead_reason_rule(enum dead_reason reason)
{
    return reason < DEAD_COUNT ? reasons[reason].rule : "";
}

const char *dead_reason_detail(enum dead_reason reason)
{
    return reason < DEAD_COUNT ? reasons[reason].detail : "";
}

enum dead_reason dead_reason_named(struct span text)
{
    for (int i = RECORD_READ + 1; i < DEAD_COUNT; i++)
        if (span_eq(text, span_of(reasons[i].text)))
            return (enum dead_reason)i;
    return RECORD_READ;
}
