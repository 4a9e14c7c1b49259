#include "api/problem.h"

#include "api/text.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    unsigned status;
    const char *slug, *title;
} problems[PROBLEM_COUNT] = {
#define PROBLEM(symbol, status, slug, title) [PROBLEM_##symbol] = {status, slug, title},
#include "api/problems.def"
#undef PROBLEM
};

void problem_add(struct problem *p, struct span parameter, const char *format, ...)
{
    if (p->error_count == PROBLEM_ERRORS_MAX)
        return;
    struct problem_error *e = &p->errors[p->error_count++];
    span_copy(e->parameter, sizeof e->parameter, parameter);
    va_list args;
    va_start(args, format);
    vsnprintf(e->detail, sizeof e->detail, format, args);
    va_end(args);
}

unsigned problem_status(enum problem_kind kind)
{
    return problems[kind].status;
}

char *problem_body(const struct problem *p, const char *request_id)
{
    struct text t = {0};
    text_format(&t, "{\"type\": \"urn:ikewatch:problem:%s\", \"title\": \"%s\", \"status\": %u",
        problems[p->kind].slug, problems[p->kind].title, problems[p->kind].status);
    if (p->detail[0]) {
        text_add(&t, SPAN(", \"detail\": "));
        text_json(&t, span_of(p->detail));
    }
    text_add(&t, SPAN(", \"request_id\": "));
    text_json(&t, span_of(request_id));
    for (size_t i = 0; i < p->error_count; i++) {
        text_add(&t, i ? SPAN(", {\"parameter\": ") : SPAN(", \"errors\": [{\"parameter\": "));
        text_json(&t, span_of(p->errors[i].parameter));
        text_add(&t, SPAN(", \"detail\": "));
        text_json(&t, span_of(p->errors[i].detail));
        text_add(&t, SPAN("}"));
    }
    text_add(&t, p->error_count ? SPAN("]}\n") : SPAN("}\n"));
    return text_take(&t);
}
