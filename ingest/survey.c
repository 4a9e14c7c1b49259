#include "ingest/survey.h"

#include "classify/line.h"

#include <stdlib.h>

static bool read_line(const struct file_line *line, struct line *out)
{
    const struct envelope plain = {.line = line->text};
    return line_read(&plain, out) == RECORD_READ;
}

int64_t survey_time(struct survey_clock *clock, const struct file_line *line, int64_t now_ms)
{
    struct line parsed;
    if (!clock->file || strcmp(clock->file, line->file) != 0)
        *clock = (struct survey_clock){line->file, INT64_MIN, clock->zone};
    if (read_line(line, &parsed))
        clock->last_ms = stamp_resolve(&parsed.stamp, 0, line->file_time_ms, clock->last_ms, clock->zone);
    int64_t time_ms = clock->last_ms == INT64_MIN ? line->file_time_ms : clock->last_ms;
    return time_ms < now_ms ? time_ms : now_ms;
}

static struct survey_file *file_of(struct survey *s, const char *name)
{
    for (size_t i = s->count; i-- > 0;)
        if (strcmp(s->files[i].file, name) == 0)
            return &s->files[i];
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct survey_file *grown = realloc(s->files, cap * sizeof(*grown));
        if (!grown)
            return NULL;
        s->files = grown;
        s->cap = cap;
    }
    s->files[s->count] = (struct survey_file){.file = name};
    return &s->files[s->count++];
}

static void count_host(struct survey_file *f, struct span host)
{
    size_t i = 0;
    while (i < f->host_count && !span_eq(span_of(f->hosts[i].name), host))
        i++;
    if (i == SURVEY_HOSTS || host.len >= SURVEY_HOST_MAX)
        return;
    if (i == f->host_count)
        span_copy(f->hosts[f->host_count++].name, SURVEY_HOST_MAX, host);
    f->hosts[i].lines++;
}

int survey_line(void *survey, const struct file_line *line)
{
    struct survey *s = survey;
    struct line parsed;
    struct survey_file *f = file_of(s, line->file);
    if (!f)
        return ERR_NOMEM;
    if (read_line(line, &parsed) && parsed.host.ptr)
        count_host(f, parsed.host);
    int64_t time_ms = survey_time(&s->clock, line, s->now_ms);
    s->oldest_ms = time_ms < s->oldest_ms ? time_ms : s->oldest_ms;
    s->lines++;
    return 0;
}

void survey_free(struct survey *s)
{
    free(s->files);
    *s = (struct survey){0};
}

struct span survey_host(const struct survey *s, const char *file)
{
    size_t best = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct survey_file *f = &s->files[i];
        if (strcmp(f->file, file) != 0 || f->host_count == 0)
            continue;
        for (size_t h = 1; h < f->host_count; h++)
            best = f->hosts[h].lines > f->hosts[best].lines ? h : best;
        return span_of(f->hosts[best].name);
    }
    return SPAN_NONE;
}
