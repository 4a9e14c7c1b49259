#include "api/request.h"

#include "api/probe.h"
#include "api/text.h"
#include "api/words.h"
#include "classify/base/metric.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static void refuse(struct request_plan *out, enum problem_kind kind, const char *detail)
{
    out->what = REQUEST_PROBLEM;
    out->problem = (struct problem){.kind = kind};
    span_copy(out->problem.detail, sizeof out->problem.detail, span_of(detail));
}

static void answer_body(struct request_plan *out, unsigned status, const char *type, char *body)
{
    out->what = REQUEST_BODY;
    out->status = status;
    out->type = type;
    out->body = body;
    if (!body)
        refuse(out, PROBLEM_INTERNAL, "out of memory");
}

static char *print_metrics(void)
{
    char *text = NULL;
    return metric_print(&text) < 0 ? NULL : text;
}

/* The paths that need no database. @return false: none of them */
static bool plan_own(const struct server_options *options, struct span path, struct request_plan *out)
{
    bool ready;
    if (span_eq(path, SPAN("/livez"))) {
        answer_body(out, 200, "application/json", strdup("{\"status\": \"alive\", \"reasons\": []}\n"));
    } else if (span_eq(path, SPAN("/readyz")) || span_eq(path, SPAN("/startupz"))) {
        char *body = probe_ready(options, &ready);
        answer_body(out, ready ? 200 : 503, "application/json", body);
    } else if (span_eq(path, SPAN("/metrics"))) {
        answer_body(out, 200, "text/plain; version=0.0.4; charset=utf-8", print_metrics());
    } else if (options->pool && span_eq(path, SPAN("/openapi.json"))) {
        answer_body(out, 200, "application/json", probe_openapi());
    } else {
        return false;
    }
    return true;
}

static bool plan_asset(struct span path, struct request_plan *out)
{
    for (size_t i = 0; i < asset_count; i++) {
        if (span_eq(path, span_of(assets[i].path))) {
            out->what = REQUEST_ASSET;
            out->asset = &assets[i];
            return true;
        }
    }
    return false;
}

/* The representation: `format` is stronger than Accept. @return false: refused */
static bool choose_media(const struct query *q, const char *accept, struct request_plan *out)
{
    struct span format = param_format(q);
    struct text offered = {0};
    const struct route *chosen = format.ptr ? NULL : route_accept(out->route, accept);
    for (int media = 0; media < MEDIA_COUNT; media++) {
        const struct route *candidate = route_in(out->route, (enum media)media);
        if (!candidate)
            continue;
        text_format(&offered, "%s%s", offered.len ? " " : "", media_name((enum media)media));
        if (format.ptr && span_eq(format, span_of(media_name((enum media)media))))
            chosen = candidate;
    }
    char *list = text_take(&offered);
    if (!chosen && format.ptr) {
        refuse(out, PROBLEM_PARAMETER, "");
        problem_add(&out->problem, SPAN("format"), "is not available here; one of: %s", list ? list : "");
    } else if (!chosen) {
        refuse(out, PROBLEM_NOT_ACCEPTABLE, "");
        snprintf(out->problem.detail, sizeof out->problem.detail, "available by format= or Accept: %s",
            list ? list : "");
    } else {
        out->route = chosen;
    }
    free(list);
    return chosen != NULL;
}

static void plan_job(const struct server_options *options, const struct request_head *head,
    const struct query *q, int64_t now_ms, struct request_plan *out)
{
    struct param_context context = options->context;
    context.now_ms = now_ms;
    context.accept_language = head->accept_language;
    context.causes = pool_causes(options->pool);
    if (!choose_media(q, head->accept, out))
        return;
    struct job *job = calloc(1, sizeof *job);
    int rc = job ? param_bind(out->route, q, &context, &job->binding, &out->problem) : ERR_NOMEM;
    if (!rc && !(job->sql = param_statement(out->route, &job->binding)))
        rc = ERR_NOMEM;
    if (rc) {
        job_free(job);
        out->what = REQUEST_PROBLEM;
        if (rc == ERR_NOMEM)
            refuse(out, PROBLEM_INTERNAL, "out of memory");
        return;
    }
    out->what = REQUEST_JOB;
    out->job = job;
}

static void plan_route(const struct server_options *options, const struct request_head *head, int64_t now_ms,
    struct request_plan *out)
{
    struct query q;
    char *buf = malloc(strlen(head->target) + 1);
    int rc = buf ? query_parse(span_of(head->target), buf, &q) : ERR_NOMEM;
    out->route = rc ? NULL : route_find(&q);
    if (rc == ERR_PARSE)
        refuse(out, PROBLEM_TARGET, "percent-encoding must be %XX of UTF-8 text without control characters");
    else if (rc == ERR_FULL && !strchr(head->target, '?'))
        refuse(out, PROBLEM_NOT_FOUND, "no such path; see /openapi.json");
    else if (rc == ERR_FULL)
        refuse(out, PROBLEM_TARGET, "too many path segments or parameters");
    else if (rc)
        refuse(out, PROBLEM_INTERNAL, "out of memory");
    else if (!out->route)
        refuse(out, PROBLEM_NOT_FOUND, "no such path; see /openapi.json");
    else
        plan_job(options, head, &q, now_ms, out);
    free(buf);
}

static void plan_get(const struct server_options *options, const struct request_head *head, int64_t now_ms,
    struct request_plan *out)
{
    struct span path = span_from(head->target, strcspn(head->target, "?"));
    if (strlen(head->target) > QUERY_TARGET_MAX)
        refuse(out, PROBLEM_TOO_LONG, "at most 8000 bytes");
    else if (head->target[0] != '/')
        refuse(out, PROBLEM_TARGET, "must be a path");
    else if (plan_own(options, path, out))
        return;
    else if (!options->pool)
        refuse(out, PROBLEM_NOT_FOUND, "here are /livez, /readyz and /metrics only");
    else if (!plan_asset(path, out))
        plan_route(options, head, now_ms, out);
}

/* Free what a plan took for an answer that is not wanted. */
static void drop(struct request_plan *plan)
{
    free(plan->body);
    job_free(plan->job);
    plan->body = NULL;
    plan->job = NULL;
}

void request_plan(const struct server_options *options, const struct request_head *head, int64_t now_ms,
    struct request_plan *out)
{
    *out = (struct request_plan){0};
    bool reads = strcmp(head->method, "GET") == 0 || strcmp(head->method, "HEAD") == 0;
    bool asks = strcmp(head->method, "OPTIONS") == 0;
    if (asks && strcmp(head->target, "*") == 0) {
        out->what = REQUEST_OPTIONS;
        return;
    }
    plan_get(options, head, now_ms, out);
    bool exists = out->what != REQUEST_PROBLEM || problem_status(out->problem.kind) == 400;
    if (reads || !exists)
        return;
    drop(out);
    if (asks)
        out->what = REQUEST_OPTIONS;
    else
        refuse(out, PROBLEM_METHOD, "this can only be read: GET, HEAD, OPTIONS");
}

static bool harmless(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n < REQUEST_ID_CAP && id[n] == '\0';
}

void request_id(const char *given, char out[REQUEST_ID_CAP])
{
    static uint64_t seed, counter;
    if (given && harmless(given)) {
        span_copy(out, REQUEST_ID_CAP, span_of(given));
        return;
    }
    uint64_t mine = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    if (!mine && getrandom(&mine, sizeof mine, GRND_NONBLOCK) == sizeof mine)
        __atomic_store_n(&seed, mine, __ATOMIC_RELAXED);
    uint64_t n = __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
    snprintf(out, REQUEST_ID_CAP, "%016" PRIx64, hash_mix(mine, n));
}

void request_failed(int rc, struct problem *out)
{
    const char *detail = "see the server's log by this request's id";
    enum problem_kind kind = PROBLEM_INTERNAL;
    *out = (struct problem){0};
    if (rc == ERR_DBCONN) {
        kind = PROBLEM_UNAVAILABLE;
        detail = "the connection is being made again; nothing is lost meanwhile";
    } else if (rc == ERR_FULL) {
        kind = PROBLEM_BUSY;
        detail = "ask again in a moment";
    } else if (rc == ERR_DBRETRY) {
        kind = PROBLEM_TIMEOUT;
        detail = "ask for a shorter range or fewer groups";
    } else if (rc == ERR_INVAL) {
        kind = PROBLEM_PARAMETER;
        detail = "";
        problem_add(out, SPAN("tz"), "is not a time zone that PostgreSQL knows, as Asia/Tokyo");
    }
    out->kind = kind;
    span_copy(out->detail, sizeof out->detail, span_of(detail));
}
