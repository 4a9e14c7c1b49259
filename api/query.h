/*
 * query.h — the target of a request: path segments and query pairs, percent-decoded.
 *
 * Memory  decoded bytes go to the caller's buffer, spans point into it.
 * Source  RFC 3986 2.1 (percent-encoding); WHATWG URL 5.1 for `+` as a blank in a query.
 */
#ifndef IKEWATCH_API_QUERY_H
#define IKEWATCH_API_QUERY_H

#include "classify/base/err.h"
#include "classify/base/span.h"

enum { QUERY_PAIRS_MAX = 64, QUERY_SEGMENTS_MAX = 8, QUERY_TARGET_MAX = 8000 };

struct query_pair {
    struct span name, value;
};

struct query {
    struct span segment[QUERY_SEGMENTS_MAX]; /* "/v1/devices" has two */
    size_t segment_count;
    struct query_pair pair[QUERY_PAIRS_MAX];
    size_t pair_count;
};

/**
 * @param target  as it came: /path?query
 * @param buf     at least target.len bytes, lives as long as *out
 * @return 0; ERR_PARSE: a bad percent-encoding, or text that is not UTF-8 or holds a control character;
 *         ERR_FULL: more segments or pairs than fit
 */
int query_parse(struct span target, char *buf, struct query *out);

#endif
