#include "api/server.h"

#include "api/listen.h"
#include "api/metrics.h"
#include "api/request.h"
#include "classify/base/log.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HTTP_THREADS = 2, HEAD_BYTES = 32 * 1024, IDLE_SECONDS = 30, CHUNK_BYTES = 16 * 1024 };

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    int socket; /* after server_quiesce(), to be closed by us; -1: libmicrohttpd's */
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* no request is under way */
    size_t under_way;     /* lock */
};

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    char *target;
    char id[REQUEST_ID_CAP];
    const struct route *route;
    struct answer *answer; /* the reader's reference; NULL: no job */
    bool begun;            /* libmicrohttpd has called once */
};

static int64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void header(struct MHD_Response *response, const char *name, const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_error("http.header", "name=%s detail=%s", name, log_quote("refused"));
}

static void count(unsigned status)
{
    enum api_metric m = status >= 500   ? API_REQUESTS_5XX
                        : status >= 400 ? API_REQUESTS_4XX
                                        : API_REQUESTS_2XX;
    metric_add(&api_metrics[m], 1);
}

/* Queue a response with the headers that every answer has; takes the response over. */
static enum MHD_Result queue(
    struct request *r, unsigned status, const char *type, struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    if (type)
        header(response, "Content-Type", type);
    header(response, "X-Request-Id", r->id);
    header(response, "X-Content-Type-Options", "nosniff");
    header(response, "Cache-Control", "no-cache");
    header(response, "Vary", "Accept, Accept-Language");
    count(status);
    log_debug("http.request", "id=%s status=%u target=%s", r->id, status, log_quote(r->target));
    enum MHD_Result queued = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static struct MHD_Response *owned_response(char *body)
{
    struct MHD_Response *response =
        body ? MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response)
        free(body);
    return response;
}

static enum MHD_Result send_problem(struct request *r, const struct problem *p)
{
    struct MHD_Response *response = owned_response(problem_body(p, r->id));
    unsigned status = problem_status(p->kind);
    if (!response)
        return MHD_NO;
    if (p->kind == PROBLEM_METHOD)
        header(response, "Allow", "GET, HEAD, OPTIONS");
    if (status == 503)
        header(response, "Retry-After", p->kind == PROBLEM_UNAVAILABLE ? "5" : "1");
    return queue(r, status, "application/problem+json", response);
}

static enum MHD_Result send_failure(struct request *r, int rc)
{
    struct problem p;
    request_failed(rc, &p);
    if (problem_status(p.kind) >= 500)
        log_warn(
            "http.failed", "id=%s target=%s error=%s", r->id, log_quote(r->target), log_quote(err_text(rc)));
    return send_problem(r, &p);
}

static enum MHD_Result send_asset(struct request *r, const struct asset *asset)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(asset->len, (void *)(uintptr_t)asset->bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    header(response, "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    header(response, "Referrer-Policy", "no-referrer");
    return queue(r, 200, asset->type, response);
}

static enum MHD_Result send_options(struct request *r)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    header(response, "Allow", "GET, HEAD, OPTIONS");
    return queue(r, 204, NULL, response);
}

static ssize_t read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
    (void)pos;
    struct request *r = cls;
    ptrdiff_t n = answer_read(r->answer, buf, max);
    if (n >= 0)
        return n;
    return n == ERR_STOPPED ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result send_whole(struct request *r)
{
    int rc = answer_result(r->answer);
    size_t len = answer_length(r->answer);
    if (rc)
        return send_failure(r, rc);
    if (len == 0) {
        struct problem p = {.kind = PROBLEM_NOT_FOUND, .detail = "nothing is known by this name"};
        return send_problem(r, &p);
    }
    char *body = malloc(len);
    if (!body)
        return send_failure(r, ERR_NOMEM);
    answer_read(r->answer, body, len);
    return queue(r, 200, media_type(r->route->media),
        MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE));
}

/* Called when the job was submitted, and again when the connection was resumed. */
static enum MHD_Result send_answer(struct request *r)
{
    switch (answer_begin(r->answer)) {
    case ANSWER_PARKED:
        return MHD_YES;
    case ANSWER_WHOLE:
        return send_whole(r);
    case ANSWER_STREAM:
        break;
    }
    return queue(r, 200, media_type(r->route->media),
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, read_stream, r, NULL));
}

static void park(void *ctx)
{
    struct request *r = ctx;
    MHD_suspend_connection(r->connection);
}

static void wake(void *ctx)
{
    struct request *r = ctx;
    MHD_resume_connection(r->connection);
}

static enum MHD_Result submit(struct request *r, struct request_plan *plan)
{
    struct answer_wait wait = {park, wake, r};
    r->route = plan->route;
    r->answer = answer_new(&wait);
    if (!r->answer) {
        job_free(plan->job);
        return send_failure(r, ERR_NOMEM);
    }
    plan->job->answer = r->answer;
    int rc = pool_submit(r->server->options.pool, plan->job);
    if (!rc)
        return send_answer(r);
    job_free(plan->job);
    answer_release(r->answer);
    r->answer = NULL;
    return send_failure(r, rc);
}

/* An answer to the first call would cost the connection: libmicrohttpd takes it for one that leaves a body
 * unread. What is going to be refused anyway may cost it. */
static bool wait_for_body(struct request *r, const char *method, size_t *upload_bytes)
{
    bool first = !r->begun, more = *upload_bytes > 0;
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0;
    r->begun = true;
    *upload_bytes = 0;
    return reads && (first || more);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_bytes, void **con_cls)
{
    (void)cls, (void)url, (void)version, (void)upload;
    struct request *r = *con_cls;
    if (!r)
        return MHD_NO;
    if (r->answer)
        return send_answer(r);
    if (wait_for_body(r, method, upload_bytes))
        return MHD_YES;
    struct request_head head = {method, r->target,
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept"),
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Language")};
    struct request_plan plan;
    request_id(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Request-Id"), r->id);
    request_plan(&r->server->options, &head, wall_ms(), &plan);
    switch (plan.what) {
    case REQUEST_PROBLEM:
        return send_problem(r, &plan.problem);
    case REQUEST_BODY:
        return queue(r, plan.status, plan.type, owned_response(plan.body));
    case REQUEST_ASSET:
        return send_asset(r, plan.asset);
    case REQUEST_OPTIONS:
        return send_options(r);
    case REQUEST_JOB:
        break;
    }
    return submit(r, &plan);
}

/* The target as it came: libmicrohttpd would decode it by rules of its own. */
static void *begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->server = cls;
    r->connection = connection;
    r->target = strdup(uri);
    if (!r->target) {
        free(r);
        return NULL;
    }
    pthread_mutex_lock(&r->server->lock);
    r->server->under_way++;
    pthread_mutex_unlock(&r->server->lock);
    return r;
}

static void complete(
    void *cls, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    struct server *s = cls;
    struct request *r = *con_cls;
    *con_cls = NULL;
    if (!r)
        return;
    if (r->answer) {
        answer_abandon(r->answer);
        answer_release(r->answer);
    }
    free(r->target);
    free(r);
    pthread_mutex_lock(&s->lock);
    if (--s->under_way == 0)
        pthread_cond_broadcast(&s->quiet);
    pthread_mutex_unlock(&s->lock);
}

static void complain(void *cls, const char *format, va_list args)
{
    (void)cls;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http.library", "detail=%s", log_quote(text));
}

static struct MHD_Daemon *start_daemon(struct server *s)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, handle, s, MHD_OPTION_EXTERNAL_LOGGER, complain, NULL, MHD_OPTION_LISTEN_SOCKET, s->socket,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)s->options.connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_URI_LOG_CALLBACK, begin, s,
        MHD_OPTION_NOTIFY_COMPLETED, complete, s, MHD_OPTION_END);
}

/* The socket is closed whatever happens. */
static int start(struct server *s, uint16_t port)
{
    s->daemon = start_daemon(s);
    if (!s->daemon) {
        log_error("http.start", "detail=%s", log_quote("libmicrohttpd did not start"));
        close(s->socket);
        return ERR_HTTP;
    }
    int rc = listen_write_port(s->options.port_file, port);
    log_info("http.listening", "listen=%s port=%u", s->options.listen, port);
    return rc;
}

int server_start(const struct server_options *options, struct server **out)
{
    union listen_address address;
    uint16_t port;
    *out = NULL;
    int rc = listen_parse(options->listen, &address);
    if (rc)
        return rc;
    if (!listen_is_loopback(&address)) {
        log_error("http.listen", "listen=%s detail=%s", options->listen,
            log_quote("refused: without tokens only this host may read; listen on 127.0.0.1 and put a proxy "
                      "that asks for "
                      "a password in front"));
        return ERR_CONFIG;
    }
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    api_metrics_register();
    s->options = *options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->quiet, NULL);
    s->socket = listen_open(&address, options->listen, &port);
    rc = s->socket < 0 ? s->socket : start(s, port);
    if (rc && s->daemon)
        MHD_stop_daemon(s->daemon);
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

void server_quiesce(struct server *s)
{
    s->socket = MHD_quiesce_daemon(s->daemon);
}

void server_stop(struct server *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&s->lock);
    for (int rc = 0; s->under_way && rc == 0;)
        rc = pthread_cond_timedwait(&s->quiet, &s->lock, &until);
    pthread_mutex_unlock(&s->lock);
    MHD_stop_daemon(s->daemon);
    if (s->socket >= 0)
        close(s->socket);
    free(s);
}
