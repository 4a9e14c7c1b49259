#include "classify/cause_why.h"
#include "classify/cause.h"

bool cause_why(size_t rule, uint64_t facts, bool attempt, struct cause_reason *out)
{
    const struct cause_rule *r = cause_rule_at(rule);
    if (!(r->when & (attempt ? WHEN_ATTEMPT : WHEN_LOST)))
        return false;
    *out = (struct cause_reason){.rule = rule,
        .cause = r->cause,
        .all = r->all,
        .any = r->any,
        .none = r->none,
        .lacking = r->all & ~facts,
        .lacking_any = facts & r->any ? 0 : r->any,
        .against = facts & r->none,
        .held = facts & (r->all | r->any)};
    out->fits = !out->lacking && !out->lacking_any && !out->against;
    return true;
}

size_t cause_why_count(void)
{
    return cause_rule_count();
}

int cause_why_lacks(const struct cause_reason *r)
{
    int n = r->lacking_any != 0;
    for (uint64_t left = r->lacking; left; left &= left - 1)
        n++;
    return n;
}
