#include "api/pool.h"

#include "api/cause_load.h"
#include "api/metrics.h"
#include "classify/base/log.h"
#include "schema/migrate.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
    WAITING_MAX = 256,
    LOOK_MS = 1000,
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 5000,
    CONNECT_TIMEOUT_MS = 3000
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    struct pg *pg;   /* the thread's; pool_drain() cuts its socket, under the pool's lock */
    struct job *job; /* under way; pool's lock */
};

struct pool {
    struct pool_options options;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t work, idle;
    struct job *first, **last;
    size_t waiting, connected, busy, started;
    bool stopping, causes_loaded;
    char reason[256]; /* why the last connection failed */
    char *causes;     /* const after pool_start() */
    struct worker *workers;
};

void job_free(struct job *job)
{
    if (!job)
        return;
    param_binding_free(&job->binding);
    if (job->answer)
        answer_release(job->answer);
    free(job->sql);
    free(job);
}

static struct timespec deadline(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static void set_reason(struct pool *pool, const char *reason)
{
    pthread_mutex_lock(&pool->lock);
    snprintf(pool->reason, sizeof pool->reason, "%s", reason);
    pthread_mutex_unlock(&pool->lock);
}

/* The catalogue's texts, by the first connection that is allowed to write; a standby or a reader's role
 * serves what is there. */
static void load_causes(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool mine = !pool->causes_loaded;
    pool->causes_loaded = true;
    pthread_mutex_unlock(&pool->lock);
    struct pg_options options = {.uri = pool->options.uri,
        .application = "ikewatch-api",
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .statement_timeout_ms = pool->options.query_timeout_ms};
    struct pg *pg = NULL;
    int rc = mine ? pg_open(&options, &pg) : 0;
    if (mine && !rc)
        rc = cause_load(pg);
    if (rc)
        log_warn("api.causes", "detail=%s", log_quote("texts of causes were not brought up to date"));
    pg_close(pg);
}

static void disconnect(struct worker *w)
{
    struct pool *pool = w->pool;
    if (!w->pg)
        return;
    pthread_mutex_lock(&pool->lock);
    struct pg *pg = w->pg;
    w->pg = NULL;
    pool->connected--;
    metric_set(&api_metrics[API_DB_CONNECTED], (int64_t)pool->connected);
    pthread_mutex_unlock(&pool->lock);
    pg_close(pg);
}

static int connect_database(struct worker *w)
{
    struct pool *pool = w->pool;
    struct pg_options options = {.uri = pool->options.uri,
        .application = "ikewatch-api",
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .statement_timeout_ms = pool->options.query_timeout_ms,
        .read_only = true};
    struct pg *pg = NULL;
    int rc = pg_open(&options, &pg);
    if (rc) {
        set_reason(pool, "the database does not answer");
        return rc;
    }
    rc = migrate_check(pg);
    if (!rc) /* the plans are large and run once: compiling them took 4 s of a 5 s question */
        rc = pg_script(pg, "api.session", "SET jit = off; SET work_mem = '32MB'");
    if (rc) {
        set_reason(pool, rc == ERR_SCHEMA
                             ? "the schema does not fit: run ikewatch migrate up, or upgrade ikewatch"
                             : "the database does not answer");
        pg_close(pg);
        return rc;
    }
    load_causes(pool);
    pthread_mutex_lock(&pool->lock);
    w->pg = pg;
    pool->connected++;
    metric_set(&api_metrics[API_DB_CONNECTED], (int64_t)pool->connected);
    pthread_mutex_unlock(&pool->lock);
    metric_add(&api_metrics[API_DB_RECONNECTS], 1);
    return 0;
}

static int write_part(void *ctx, const struct span *columns, size_t n)
{
    struct job *job = ctx;
    metric_add(&api_metrics[API_BYTES], (int64_t)columns[0].len);
    return n ? answer_write(job->answer, columns[0]) : 0;
}

static int ask(struct worker *w, struct job *job)
{
    struct pg_param params[PARAM_ARGUMENTS_MAX];
    for (size_t i = 0; i < job->binding.count; i++)
        params[i].text = span_of(job->binding.value[i]);
    return pg_query(w->pg, "api", job->sql, params, job->binding.count, write_part, job);
}

/* What the reader of the answer is told. */
static int told(const struct worker *w, int rc)
{
    if (rc == ERR_STOPPED) /* the reader is gone, or the pool stops */
        return ERR_DBCONN;
    if (rc == ERR_DBROW && w->pg &&
        strcmp(pg_sqlstate(w->pg), "22023") == 0) /* invalid_parameter_value: of tz, the only one */
        return ERR_INVAL;
    return rc;
}

static bool stopping(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool yes = pool->stopping;
    pthread_mutex_unlock(&pool->lock);
    return yes;
}

static void serve(struct worker *w, struct job *job)
{
    int rc = ask(w, job);
    if (rc == ERR_DBCONN && answer_length(job->answer) == 0) {
        disconnect(w);
        if (!stopping(w->pool) && !connect_database(w))
            rc = ask(w, job);
    }
    if (rc && rc != ERR_STOPPED)
        metric_add(&api_metrics[API_DB_ERRORS], 1);
    answer_finish(job->answer, told(w, rc));
    if (w->pg && !pg_alive(w->pg))
        disconnect(w);
}

/* The next job, or NULL: the pool stops, or the pause is over. */
static struct job *next_job(struct pool *pool, int64_t pause_ms, bool connected)
{
    struct timespec until = deadline(pause_ms);
    pthread_mutex_lock(&pool->lock);
    int rc = 0;
    while (!pool->stopping && rc == 0 && !(connected && pool->first))
        rc = pthread_cond_timedwait(&pool->work, &pool->lock, &until);
    struct job *job = connected && !pool->stopping ? pool->first : NULL;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->waiting--;
        pool->busy++;
        metric_set(&api_metrics[API_WAITING], (int64_t)pool->waiting);
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void set_job(struct worker *w, struct job *job)
{
    pthread_mutex_lock(&w->pool->lock);
    w->job = job;
    if (!job) {
        w->pool->busy--;
        pthread_cond_broadcast(&w->pool->idle);
    }
    pthread_mutex_unlock(&w->pool->lock);
}

/* Answers that nobody will give any more, when the last connection is gone. */
static void refuse_waiting(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct job *job = pool->connected ? NULL : pool->first;
    if (job) {
        pool->first = NULL;
        pool->last = &pool->first;
        pool->waiting = 0;
    }
    pthread_mutex_unlock(&pool->lock);
    while (job) {
        struct job *next = job->next;
        answer_finish(job->answer, ERR_DBCONN);
        job_free(job);
        job = next;
    }
}

/* A server that went away has written or closed on an idle connection: /readyz should know before a client
 * does. */
static void look_after(struct worker *w)
{
    struct pollfd fd = {.fd = pg_socket(w->pg), .events = POLLIN};
    if (poll(&fd, 1, 0) <= 0)
        return;
    pg_script(w->pg, "api.alive", "SELECT 1");
    if (!pg_alive(w->pg))
        disconnect(w);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    int64_t pause_ms = PAUSE_FIRST_MS;
    while (!stopping(w->pool)) {
        if (!w->pg && connect_database(w)) {
            refuse_waiting(w->pool);
            next_job(w->pool, pause_ms, false);
            pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
            continue;
        }
        pause_ms = PAUSE_FIRST_MS;
        struct job *job = next_job(w->pool, LOOK_MS, true);
        if (!job) {
            look_after(w);
            continue;
        }
        set_job(w, job);
        serve(w, job);
        set_job(w, NULL);
        job_free(job);
    }
    disconnect(w);
    return NULL;
}

struct pool *pool_start(const struct pool_options *options)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->options = *options;
    pool->last = &pool->first;
    pool->causes = cause_slugs();
    snprintf(pool->reason, sizeof pool->reason, "not connected yet");
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, &monotonic);
    pthread_cond_init(&pool->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->workers = calloc(options->threads, sizeof *pool->workers);
    for (size_t i = 0; pool->workers && i < options->threads; i++) {
        pool->workers[i].pool = pool;
        if (pthread_create(&pool->workers[i].thread, NULL, run, &pool->workers[i]))
            break;
        pool->started++;
    }
    if (pool->started == options->threads)
        return pool;
    pool_drain(pool, 0);
    pool_free(pool);
    return NULL;
}

/* Wakes the threads that still wait, for PostgreSQL (its socket ends under them) or for a slow client. */
static void cut_connections(struct pool *pool)
{
    for (size_t i = 0; i < pool->started; i++) {
        struct worker *w = &pool->workers[i];
        if (!w->job)
            continue;
        answer_break(w->job->answer);
        if (w->pg)
            shutdown(pg_socket(w->pg), SHUT_RDWR);
    }
}

void pool_drain(struct pool *pool, int64_t patience_ms)
{
    struct timespec until = deadline(patience_ms);
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->work);
    for (int rc = 0; pool->busy && rc != ETIMEDOUT;)
        rc = pthread_cond_timedwait(&pool->idle, &pool->lock, &until);
    cut_connections(pool);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    refuse_waiting(pool);
}

void pool_free(struct pool *pool)
{
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool->causes);
    free(pool);
}

int pool_submit(struct pool *pool, struct job *job)
{
    int rc = 0;
    pthread_mutex_lock(&pool->lock);
    if (pool->connected == 0 || pool->stopping)
        rc = ERR_DBCONN;
    else if (pool->waiting >= WAITING_MAX)
        rc = ERR_FULL;
    if (!rc) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->waiting++;
        metric_set(&api_metrics[API_WAITING], (int64_t)pool->waiting);
        pthread_cond_broadcast(&pool->work); /* one that is not connected may be among the sleepers */
    }
    pthread_mutex_unlock(&pool->lock);
    if (rc)
        metric_add(&api_metrics[API_REFUSED], 1);
    return rc;
}

bool pool_ready(struct pool *pool, char *reason, size_t cap)
{
    pthread_mutex_lock(&pool->lock);
    bool ready = pool->connected > 0;
    if (!ready)
        snprintf(reason, cap, "%s", pool->reason);
    pthread_mutex_unlock(&pool->lock);
    return ready;
}

const char *pool_causes(struct pool *pool)
{
    return pool->causes;
}
