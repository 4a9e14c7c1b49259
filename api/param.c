#include "api/param.h"

#include "api/instant.h"
#include "api/text.h"
#include "api/words.h"
#include "classify/base/err.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum kind {
    PATH_TEXT,
    PATH_ADDR,
    PATH_ID,
    TIME,
    ZONE,
    COUNT,
    LANGUAGE,
    MEDIA,
    TEXTS,
    NETS,
    NUMBERS,
    CHOICES,
    CHOICE,
    CAUSES,
    GROUPS,
    SETTING,
};

enum { ROWS_MAX = 1000, PREFIX_MAX_V4 = 32, PREFIX_MAX_V6 = 128 };

struct param {
    const char *symbol, *name;
    enum kind kind;
    const char *argument, *type, *fallback, *choices, *help;
};

static const struct param params[] = {
#define PARAM(symbol, name, kind, argument, type, fallback, choices, help)                                   \
    {#symbol, name, kind, argument, type, fallback, choices, help},
#include "api/params.def"
#undef PARAM
};

/* Understood on every route, besides its own. */
static const struct span everywhere = {"FORMAT LANG", sizeof "FORMAT LANG" - 1};

struct binder {
    const struct query *query;
    const struct param_context *context;
    struct problem *problem;
};

static const struct param *find(struct span symbol)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (span_eq(span_of(params[i].symbol), symbol))
            return &params[i];
    }
    return NULL;
}

static bool in_query(const struct param *p)
{
    return p->kind > PATH_ID && p->kind != SETTING;
}

static bool repeatable(enum kind kind)
{
    return (kind >= TEXTS && kind <= CHOICES) || kind == CAUSES || kind == GROUPS;
}

/* address or address/prefix */
static bool is_net(struct span value)
{
    char host[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    const char *slash = memchr(value.ptr, '/', value.len);
    size_t n = slash ? (size_t)(slash - value.ptr) : value.len;
    if (n == 0 || n >= sizeof host)
        return false;
    span_copy(host, sizeof host, span_from(value.ptr, n));
    bool v4 = inet_pton(AF_INET, host, bytes) == 1;
    if (!v4 && inet_pton(AF_INET6, host, bytes) != 1)
        return false;
    uint64_t prefix = 0;
    return !slash ||
           (span_u64(span_skip(value, n + 1), &prefix) && prefix <= (v4 ? PREFIX_MAX_V4 : PREFIX_MAX_V6));
}

static bool is_zone(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && !strchr("_+-/", c))
            return false;
    }
    return value.len > 0 && value.len < WORD_CAP;
}

static void refuse_word(struct binder *b, struct span name, struct span value, struct span choices)
{
    char near[WORD_CAP], shown[WORD_CAP];
    span_copy(shown, sizeof shown, value);
    const char *meant = words_nearest(choices, value, near);
    if (meant)
        problem_add(b->problem, name, "'%s' is not known; did you mean '%s'?", shown, meant);
    else
        problem_add(
            b->problem, name, "'%s' is not known; one of: %.*s", shown, (int)choices.len, choices.ptr);
}

/* One value of one parameter: is it what it should be? Says so when not. */
static bool check(struct binder *b, const struct param *p, struct span value)
{
    struct span name = span_of(p->name);
    uint64_t n = 0;
    if (value.len == 0) {
        problem_add(b->problem, name, "must not be empty");
        return false;
    }
    switch (p->kind) {
    case NETS:
        if (!is_net(value))
            problem_add(b->problem, name, "must be an IPv4 or IPv6 address or a CIDR, as 10.10.10.0/24");
        break;
    case NUMBERS:
        if (!span_u64(value, &n) || n > INT32_MAX)
            problem_add(b->problem, name, "must be a number");
        break;
    case COUNT:
        if (!span_u64(value, &n) || n < 1 || n > ROWS_MAX)
            problem_add(b->problem, name, "must be a number from 1 to %d", ROWS_MAX);
        break;
    case ZONE:
        if (!is_zone(value))
            problem_add(b->problem, name, "must be an IANA time zone, as Asia/Tokyo");
        break;
    case CHOICE:
    case CHOICES:
    case GROUPS:
    case LANGUAGE:
        if (!words_hold(span_of(p->choices), value))
            refuse_word(b, name, value, span_of(p->choices));
        break;
    case CAUSES:
        if (b->context->causes && !words_hold(span_of(b->context->causes), value))
            refuse_word(b, name, value, span_of(b->context->causes));
        break;
    default:
        break;
    }
    return b->problem->error_count == 0;
}

static bool is_bucket(struct span word)
{
    return words_hold(SPAN("15m hour day week month"), word);
}

/* group_by=device,hour&group_by=peer: at most two groups and one bucket, none twice. */
static void check_groups(struct binder *b, const struct span *words, size_t count)
{
    size_t buckets = 0;
    for (size_t i = 0; i < count; i++) {
        buckets += is_bucket(words[i]);
        for (size_t j = 0; j < i; j++) {
            if (span_eq(words[i], words[j]))
                problem_add(
                    b->problem, SPAN("group_by"), "'%.*s' is given twice", (int)words[i].len, words[i].ptr);
        }
    }
    if (buckets > 1 || count - buckets > 2)
        problem_add(b->problem, SPAN("group_by"), "takes up to two groups and one bucket");
}

/* All values of a repeatable parameter as a PostgreSQL array literal. */
static char *bind_array(struct binder *b, const struct param *p)
{
    struct text t = {0};
    struct span words[QUERY_PAIRS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < b->query->pair_count; i++) {
        struct span rest = b->query->pair[i].value;
        if (!span_eq(b->query->pair[i].name, span_of(p->name)))
            continue;
        do {
            const char *comma = p->kind == GROUPS && rest.len ? memchr(rest.ptr, ',', rest.len) : NULL;
            struct span word = span_from(rest.ptr, comma ? (size_t)(comma - rest.ptr) : rest.len);
            rest = comma ? span_skip(rest, word.len + 1) : SPAN_NONE;
            if (!check(b, p, word) || count == QUERY_PAIRS_MAX)
                break;
            text_add(&t, count ? SPAN(",") : SPAN("{"));
            text_array_element(&t, word);
            words[count++] = word;
        } while (rest.ptr);
    }
    if (p->kind == GROUPS)
        check_groups(b, words, count);
    if (count)
        text_add(&t, SPAN("}"));
    else if (p->kind == GROUPS)
        text_add(&t, SPAN("{}"));
    return t.len ? text_take(&t) : NULL;
}

static struct span language(const struct param_context *context)
{
    const char *header = context->accept_language;
    bool japanese = header && (strncmp(header, "ja", 2) == 0);
    return japanese ? SPAN("ja") : SPAN("en");
}

/* The one value of a parameter: the client's, else the fallback; SPAN_NONE: SQL NULL. */
static struct span single(struct binder *b, const struct param *p)
{
    struct span found = SPAN_NONE;
    for (size_t i = 0; i < b->query->pair_count; i++) {
        if (!span_eq(b->query->pair[i].name, span_of(p->name)))
            continue;
        if (found.ptr)
            problem_add(b->problem, span_of(p->name), "is given more than once");
        found = b->query->pair[i].value;
    }
    if (found.ptr)
        return check(b, p, found) ? found : SPAN_NONE;
    return p->kind == LANGUAGE ? language(b->context) : span_of(p->fallback);
}

static char *copy(struct span s)
{
    return s.ptr ? strndup(s.ptr, s.len) : NULL;
}

static char *bind_time(struct binder *b, const struct param *p)
{
    int64_t ms;
    char buf[INSTANT_CAP];
    struct span value = single(b, p);
    if (!value.ptr)
        return NULL;
    if (!instant_parse(value, b->context->now_ms, &ms)) {
        problem_add(b->problem, span_of(p->name),
            "must be RFC 3339 with offset (2026-03-01T00:00:00Z), or relative (-90d, -24h, -15m, now)");
        return NULL;
    }
    instant_print(ms, buf);
    return strdup(buf);
}

static char *bind_setting(const struct binder *b, const struct param *p)
{
    bool silent = span_eq(span_of(p->symbol), SPAN("SILENT_AFTER"));
    int64_t ms = silent ? b->context->silent_after_ms : b->context->stay_down_after_ms;
    char buf[48];
    snprintf(buf, sizeof buf, "%" PRId64 " milliseconds", ms);
    return strdup(buf);
}

/* A name of the path that cannot exist is 404, not 400: the problem's kind says which. */
static char *bind_path(struct binder *b, const struct route *route, const struct param *p)
{
    struct span value = route_segment(route, b->query, p->name);
    char hex[17], number[24];
    char *end;
    if (p->kind == PATH_TEXT)
        return copy(value);
    if (p->kind == PATH_ADDR && is_net(value) && !memchr(value.ptr, '/', value.len))
        return copy(value);
    span_copy(hex, sizeof hex, value);
    uint64_t id = strtoull(hex, &end, 16);
    if (p->kind == PATH_ID && value.len == 16 && strspn(hex, "0123456789abcdef") == 16) {
        snprintf(number, sizeof number, "%" PRId64, (int64_t)id);
        return strdup(number);
    }
    b->problem->kind = PROBLEM_NOT_FOUND;
    problem_add(b->problem, span_of(p->name), "must be %s",
        p->kind == PATH_ID ? "16 hex digits, lower case" : "an IP address");
    return NULL;
}

static char *bind_one(struct binder *b, const struct route *route, const struct param *p)
{
    if (p->kind <= PATH_ID)
        return bind_path(b, route, p);
    if (p->kind == SETTING)
        return bind_setting(b, p);
    if (p->kind == TIME)
        return bind_time(b, p);
    return repeatable(p->kind) ? bind_array(b, p) : copy(single(b, p));
}

/* Names in the query that this route does not know. */
static void refuse_unknown(struct binder *b, const struct route *route)
{
    struct text names = {0};
    struct span lists[] = {span_of(route->params), everywhere};
    for (size_t i = 0; i < 2; i++) {
        for (struct span symbol; (symbol = words_next(&lists[i])).ptr;) {
            const struct param *p = find(symbol);
            if (in_query(p))
                text_format(&names, "%s ", p->name);
        }
    }
    for (size_t i = 0; i < b->query->pair_count; i++) {
        struct span name = b->query->pair[i].name;
        char near[WORD_CAP];
        if (words_hold(span_from(names.ptr, names.len), name))
            continue;
        const char *meant = words_nearest(span_from(names.ptr, names.len), name, near);
        if (meant)
            problem_add(b->problem, name, "unknown parameter; did you mean '%s'?", meant);
        else
            problem_add(b->problem, name, "unknown parameter; this takes: %s", names.ptr);
    }
    free(text_take(&names));
}

/* RFC 3339 in UTC and of equal length: text order is time order. */
static void check_range(struct binder *b, const struct param_binding *out)
{
    const char *from = NULL, *to = NULL;
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->argument[i], "from_time") == 0)
            from = out->value[i];
        else if (strcmp(out->argument[i], "to_time") == 0)
            to = out->value[i];
    }
    if (from && to && strcmp(from, to) >= 0)
        problem_add(
            b->problem, SPAN("from"), "the range is empty: from (%s) must be before to (%s)", from, to);
}

int param_bind(const struct route *route, const struct query *q, const struct param_context *context,
    struct param_binding *out, struct problem *problem)
{
    *out = (struct param_binding){0};
    *problem = (struct problem){.kind = PROBLEM_PARAMETER};
    struct binder b = {q, context, problem};
    refuse_unknown(&b, route);
    struct span list = span_of(route->params);
    for (struct span symbol; (symbol = words_next(&list)).ptr;) {
        const struct param *p = find(symbol);
        out->argument[out->count] = p->argument;
        out->type[out->count] = p->type;
        out->value[out->count++] = bind_one(&b, route, p);
    }
    single(&b, find(SPAN("LANG"))); /* refused everywhere when wrong, even where no text depends on it */
    check_range(&b, out);
    return problem->error_count ? ERR_PARSE : 0;
}

void param_binding_free(struct param_binding *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->value[i]);
    b->count = 0;
}

struct span param_format(const struct query *q)
{
    for (size_t i = 0; i < q->pair_count; i++) {
        if (span_eq(q->pair[i].name, SPAN("format")))
            return q->pair[i].value;
    }
    return SPAN_NONE;
}

char *param_statement(const struct route *route, const struct param_binding *b)
{
    struct text t = {0};
    text_format(&t, "SELECT part FROM ikewatch.%s(", route->function);
    for (size_t i = 0; i < b->count; i++)
        text_format(&t, "%s%s => $%zu::%s", i ? ", " : "", b->argument[i], i + 1, b->type[i]);
    text_add(&t, SPAN(") AS part"));
    return text_take(&t);
}

static void describe_schema(const struct param *p, struct text *out)
{
    bool list = repeatable(p->kind);
    if (list)
        text_add(out, SPAN("{\"type\": \"array\", \"items\": "));
    text_format(out, "{\"type\": \"%s\"", p->kind == COUNT || p->kind == NUMBERS ? "integer" : "string");
    struct span choices = span_of(p->choices);
    for (struct span word, previous = SPAN_NONE; (word = words_next(&choices)).ptr; previous = word)
        text_format(out, "%s\"%.*s\"", previous.ptr ? ", " : ", \"enum\": [", (int)word.len, word.ptr);
    text_add(out, *p->choices ? SPAN("]") : SPAN(""));
    if (p->fallback)
        text_format(out, p->kind == COUNT ? ", \"default\": %s" : ", \"default\": \"%s\"", p->fallback);
    text_add(out, list ? SPAN("}}") : SPAN("}"));
}

void param_describe(const struct route *route, struct text *out)
{
    struct span lists[] = {span_of(route->params), everywhere};
    const char *separator = "";
    for (size_t i = 0; i < 2; i++) {
        for (struct span symbol; (symbol = words_next(&lists[i])).ptr;) {
            const struct param *p = find(symbol);
            bool twice = i == 1 && words_hold(span_of(route->params), symbol);
            if (p->kind == SETTING || twice)
                continue;
            text_format(out,
                "%s{\"name\": \"%s\", \"in\": \"%s\", \"required\": %s, \"description\": ", separator,
                p->name, in_query(p) ? "query" : "path", in_query(p) ? "false" : "true");
            text_json(out, span_of(p->help));
            text_add(out, SPAN(", \"schema\": "));
            describe_schema(p, out);
            text_add(out, SPAN("}"));
            separator = ", ";
        }
    }
}
