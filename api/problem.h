/*
 * problem.h — what a client is told when it cannot have what it asked: application/problem+json (RFC 9457).
 */
#ifndef IKEWATCH_API_PROBLEM_H
#define IKEWATCH_API_PROBLEM_H

#include "classify/base/span.h"

/* PROBLEM(symbol, status, slug, title): `type` is urn:ikewatch:problem:SLUG and never changes. */
enum problem_kind {
#define PROBLEM(symbol, status, slug, title) PROBLEM_##symbol,
#include "api/problems.def"
#undef PROBLEM
    PROBLEM_COUNT
};

struct problem_error {
    char parameter[64]; /* as the client wrote it, cut */
    char detail[256];
};

enum { PROBLEM_ERRORS_MAX = 8 };

struct problem {
    enum problem_kind kind;
    char detail[256];
    struct problem_error errors[PROBLEM_ERRORS_MAX]; /* further ones are not listed */
    size_t error_count;
};

/* One more parameter that is wrong. */
void problem_add(struct problem *p, struct span parameter, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

unsigned problem_status(enum problem_kind kind);

/* The body, malloc()ed; NULL when memory is short. @param request_id  for the operator's log */
char *problem_body(const struct problem *p, const char *request_id);

#endif
