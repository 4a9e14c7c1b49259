/*
 * route.h — the endpoints of routes.def, and which of them a path means.
 */
#ifndef IKEWATCH_API_ROUTE_H
#define IKEWATCH_API_ROUTE_H

#include "api/query.h"

enum media { MEDIA_JSON, MEDIA_TEXT, MEDIA_MD, MEDIA_COUNT };

struct route {
    const char *path; /* segments; {name} takes any one */
    enum media media;
    const char *function; /* of the schema ikewatch */
    const char *params;   /* symbols of params.def, blank-separated */
    const char *summary;
};

extern const struct route routes[];
extern const size_t route_count;

/* The first row (default representation) whose path fits, or NULL. */
const struct route *route_find(const struct query *q);

/* The row of the same path in another representation, or NULL. */
const struct route *route_in(const struct route *route, enum media media);

/* "/v1/tunnels/{device}/{tunnel}": the segment that stands for {name}; SPAN_NONE if the path has none. */
struct span route_segment(const struct route *route, const struct query *q, const char *name);

/* The representation that the Accept header wants of this path: the row, or NULL (406). @param accept  NULL:
 * anything */
const struct route *route_accept(const struct route *route, const char *accept);

const char *media_type(enum media media); /* "application/json" */
const char *media_name(enum media media); /* "json", as format= takes it */

#endif
