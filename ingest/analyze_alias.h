/*
 * analyze_alias.h — host names of one log that are another's, mangled: "Lvedge01" beside a thousand lines of
 * "vedge01".
 *
 * Rule    one character inserted, missing or other, and at most a tenth of the other's lines (design 3.7: the
 * source is the device).
 */
#ifndef IKEWATCH_INGEST_ANALYZE_ALIAS_H
#define IKEWATCH_INGEST_ANALYZE_ALIAS_H

#include "classify/base/span.h"

enum { ALIAS_HOSTS_MAX = 128, ALIAS_RARE = 10 };

struct alias_hosts {
    struct span names[ALIAS_HOSTS_MAX];
    size_t lines[ALIAS_HOSTS_MAX];
    size_t count; /* a log of more hosts is a collector's: the rest stand for themselves */
};

/* @return the host's index, -1: none, or there is no room */
int alias_count(struct alias_hosts *hosts, struct span name);

/* Whose lines are these? The name of the host that this one is a slip of, else its own. */
struct span alias_of(const struct alias_hosts *hosts, int index);

#endif
