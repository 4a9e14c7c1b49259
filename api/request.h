/*
 * request.h — what a request asks for, decided before any byte of it is answered; knows no HTTP library.
 */
#ifndef IKEWATCH_API_REQUEST_H
#define IKEWATCH_API_REQUEST_H

#include "api/asset.h"
#include "api/server.h"

enum { REQUEST_ID_CAP = 65 };

enum request_what {
    REQUEST_PROBLEM, /* plan.problem */
    REQUEST_BODY,    /* plan.body, plan.status */
    REQUEST_ASSET,   /* plan.asset */
    REQUEST_JOB,     /* plan.job is to be submitted, plan.route says what it answers */
    REQUEST_OPTIONS, /* 204 with Allow */
};

struct request_plan {
    enum request_what what;
    struct problem problem;
    unsigned status;
    const char *type; /* of body */
    char *body;       /* malloc()ed */
    const struct asset *asset;
    const struct route *route;
    struct job *job; /* without its answer */
};

struct request_head {
    const char *method, *target;
    const char *accept, *accept_language; /* NULL: none */
};

void request_plan(const struct server_options *options, const struct request_head *head, int64_t now_ms,
    struct request_plan *out);

/* The client's X-Request-Id if it is harmless, else one of our own. */
void request_id(const char *given, char out[REQUEST_ID_CAP]);

/* What went wrong with an answer, for the client. */
void request_failed(int rc, struct problem *out);

#endif
