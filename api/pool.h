/*
 * pool.h — the few threads that own a connection to PostgreSQL each and answer jobs with it.
 *
 * Away    a thread without a connection tries again with growing pauses (100 ms to 5 s); while none has one,
 * jobs are refused at once. A connection found dead on its first use is replaced and the job repeated, once:
 * a restart of PostgreSQL is not seen. Threads pool_submit(), pool_ready() from any.
 */
#ifndef IKEWATCH_API_POOL_H
#define IKEWATCH_API_POOL_H

#include "api/answer.h"
#include "api/param.h"

struct pool; /* opaque */

struct pool_options {
    const char *uri;
    uint64_t threads;
    int64_t query_timeout_ms;
};

struct job {
    char *sql;
    struct param_binding binding;
    struct answer *answer; /* the writer's reference */
    struct job *next;
};

/* @return NULL if memory or threads are short. The database may be away. */
struct pool *pool_start(const struct pool_options *options);

/* Ends the threads: jobs under way have `patience_ms`, then their connections are cut; later jobs are
 * refused. */
void pool_drain(struct pool *pool, int64_t patience_ms);
void pool_free(struct pool *pool); /* after pool_drain() */

/**
 * The job is the pool's from now on, unless refused.
 * @return 0; ERR_DBCONN: the database is away; ERR_FULL: too many wait
 */
int pool_submit(struct pool *pool, struct job *job);
void job_free(struct job *job); /* releases its answer */

/* Can jobs be answered? @param reason  filled when not */
bool pool_ready(struct pool *pool, char *reason, size_t cap);

/* Slugs of the catalogue as the database has them, blank-separated; NULL while unknown. Lives as long as the
 * pool. */
const char *pool_causes(struct pool *pool);

#endif
