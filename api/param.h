/*
 * param.h — from a query to the bound arguments of a route's SQL function, or to what is wrong with it.
 *
 * Rule    nothing a client wrote reaches SQL but as a bound value; what is not understood is refused, never
 * ignored. Source  params.def is the list.
 */
#ifndef IKEWATCH_API_PARAM_H
#define IKEWATCH_API_PARAM_H

#include "api/problem.h"
#include "api/route.h"

enum { PARAM_ARGUMENTS_MAX = 24 };

struct param_context {
    int64_t now_ms;                              /* what `now` means */
    int64_t silent_after_ms, stay_down_after_ms; /* of the settings */
    const char *causes;                          /* known slugs, blank-separated; NULL: any is taken */
    const char *accept_language;                 /* header, NULL: none */
};

struct param_binding {
    const char *argument[PARAM_ARGUMENTS_MAX]; /* name of the SQL argument */
    const char *type[PARAM_ARGUMENTS_MAX];     /* PostgreSQL type */
    char *value[PARAM_ARGUMENTS_MAX];          /* malloc()ed, NULL: SQL NULL */
    size_t count;
};

/**
 * @param out  freed with param_binding_free(), whatever is returned
 * @return 0; ERR_PARSE: *problem is filled; ERR_NOMEM
 */
int param_bind(const struct route *route, const struct query *q, const struct param_context *context,
    struct param_binding *out, struct problem *problem);
void param_binding_free(struct param_binding *b);

/* The value of `format`, SPAN_NONE if the query has none. */
struct span param_format(const struct query *q);

/* A statement that calls the route's function with the binding: SELECT … FROM ikewatch.f(a => $1::t, …);
 * malloc()ed, or NULL. */
char *param_statement(const struct route *route, const struct param_binding *b);

/* The OpenAPI "parameters" array of a route. */
struct text;
void param_describe(const struct route *route, struct text *out);

#endif
