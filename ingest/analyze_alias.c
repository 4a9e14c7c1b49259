#include "ingest/analyze_alias.h"

int alias_count(struct alias_hosts *hosts, struct span name)
{
    if (!name.len)
        return -1;
    for (size_t i = 0; i < hosts->count; i++) {
        if (span_eq(hosts->names[i], name)) {
            hosts->lines[i]++;
            return (int)i;
        }
    }
    if (hosts->count == ALIAS_HOSTS_MAX)
        return -1;
    hosts->names[hosts->count] = name;
    hosts->lines[hosts->count] = 1;
    return (int)hosts->count++;
}

/* Equal but for one character: inserted in the longer, or replaced where both are as long. */
static bool one_off(struct span a, struct span b)
{
    if (a.len < b.len) {
        struct span swap = a;
        a = b;
        b = swap;
    }
    if (a.len - b.len > 1)
        return false;
    size_t i = 0;
    while (i < b.len && a.ptr[i] == b.ptr[i])
        i++;
    return span_eq(span_skip(a, i + 1), span_skip(b, i + (a.len == b.len)));
}

struct span alias_of(const struct alias_hosts *hosts, int index)
{
    if (index < 0)
        return SPAN_NONE;
    struct span own = hosts->names[index];
    bool digit = own.len && own.ptr[own.len - 1] >= '0' && own.ptr[own.len - 1] <= '9';
    for (size_t i = 0; i < hosts->count; i++) {
        struct span other = hosts->names[i];
        if (hosts->lines[i] < ALIAS_RARE * hosts->lines[index] || !one_off(own, other))
            continue;
        /* edge1 and edge2 are two devices, however quiet one of them is */
        if (digit && own.len == other.len && own.ptr[own.len - 1] != other.ptr[other.len - 1])
            continue;
        return other;
    }
    return own;
}
