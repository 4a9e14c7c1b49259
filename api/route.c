#include "api/route.h"

#include <stdlib.h>

const struct route routes[] = {
#define ROUTE(path, media, function, params, summary) {path, media, function, params, summary},
#include "api/routes.def"
#undef ROUTE
};
const size_t route_count = sizeof routes / sizeof routes[0];

static const struct {
    const char *name, *type;
} media_table[MEDIA_COUNT] = {
    [MEDIA_JSON] = {"json", "application/json"},
    [MEDIA_TEXT] = {"text", "text/plain; charset=utf-8"},
    [MEDIA_MD] = {"md", "text/markdown; charset=utf-8"},
};

const char *media_type(enum media media)
{
    return media_table[media].type;
}

const char *media_name(enum media media)
{
    return media_table[media].name;
}

/* The next segment of a pattern, without its slash; *pattern moves behind it. */
static struct span pattern_next(const char **pattern)
{
    if (**pattern != '/')
        return SPAN_NONE;
    const char *start = *pattern + 1;
    size_t n = strcspn(start, "/");
    *pattern = start + n;
    return span_from(start, n);
}

static bool path_fits(const char *pattern, const struct query *q)
{
    for (size_t i = 0; i < q->segment_count; i++) {
        struct span want = pattern_next(&pattern);
        bool any = want.ptr && want.len && want.ptr[0] == '{';
        if (!want.ptr || (any ? q->segment[i].len == 0 : !span_eq(want, q->segment[i])))
            return false;
    }
    return *pattern == '\0';
}

const struct route *route_find(const struct query *q)
{
    for (size_t i = 0; i < route_count; i++) {
        if (path_fits(routes[i].path, q))
            return &routes[i];
    }
    return NULL;
}

const struct route *route_in(const struct route *route, enum media media)
{
    for (size_t i = 0; i < route_count; i++) {
        if (strcmp(routes[i].path, route->path) == 0 && routes[i].media == media)
            return &routes[i];
    }
    return NULL;
}

struct span route_segment(const struct route *route, const struct query *q, const char *name)
{
    const char *pattern = route->path;
    for (size_t i = 0; i < q->segment_count; i++) {
        struct span want = pattern_next(&pattern);
        if (want.len == strlen(name) + 2 && want.ptr[0] == '{' &&
            memcmp(want.ptr + 1, name, want.len - 2) == 0)
            return q->segment[i];
    }
    return SPAN_NONE;
}

/* Quality of `type` (type/subtype) under one Accept range (RFC 9110 12.5.1): thousandths, -1 if it does not
 * fit. */
static int range_quality(struct span range, struct span type, int *exactness)
{
    const char *semicolon = memchr(range.ptr, ';', range.len);
    struct span name = span_from(range.ptr, semicolon ? (size_t)(semicolon - range.ptr) : range.len);
    while (name.len && name.ptr[name.len - 1] == ' ')
        name.len--;
    ptrdiff_t slash = span_find(type, SPAN("/"));
    if (span_eq_nocase(name, type))
        *exactness = 2;
    else if (name.len > 2 && name.ptr[name.len - 1] == '*' &&
             span_starts(type, span_from(name.ptr, name.len - 1)) && slash + 2 == (ptrdiff_t)name.len)
        *exactness = 1;
    else if (span_eq(name, SPAN("*/*")) || span_eq(name, SPAN("*")))
        *exactness = 0;
    else
        return -1;
    ptrdiff_t q = span_find(range, SPAN("q="));
    if (q < 0)
        return 1000;
    char number[8];
    span_copy(number, sizeof number, span_skip(range, (size_t)q + 2));
    return (int)(strtod(number, NULL) * 1000);
}

/* Quality of a media under the whole header; the most exact range decides. */
static int accept_quality(struct span accept, enum media media)
{
    const char *full = media_type(media);
    struct span type = span_from(full, strcspn(full, ";"));
    int quality = 0, best_exactness = -1;
    while (accept.len) {
        const char *comma = memchr(accept.ptr, ',', accept.len);
        size_t n = comma ? (size_t)(comma - accept.ptr) : accept.len;
        struct span range = span_from(accept.ptr, n);
        accept = span_skip(accept, n + 1);
        while (range.len && range.ptr[0] == ' ')
            range = span_skip(range, 1);
        int exactness = -1, q = range.len ? range_quality(range, type, &exactness) : -1;
        if (q >= 0 && exactness > best_exactness) {
            best_exactness = exactness;
            quality = q;
        }
    }
    return quality;
}

const struct route *route_accept(const struct route *route, const char *accept)
{
    if (!accept || !*accept)
        return route;
    const struct route *best = NULL;
    int best_quality = 0;
    for (int media = 0; media < MEDIA_COUNT; media++) {
        const struct route *candidate = route_in(route, (enum media)media);
        int quality = candidate ? accept_quality(span_of(accept), (enum media)media) : 0;
        if (quality > best_quality) {
            best = candidate;
            best_quality = quality;
        }
    }
    return best;
}
