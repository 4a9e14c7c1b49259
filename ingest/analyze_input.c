#include "ingest/analyze_input.h"
#include "classify/line.h"
#include "ingest/file.h"

#include <stdlib.h>

enum { ARENA_CHUNK_BYTES = 1 << 20, LINES_FIRST = 1024, FOLD_MS = 2 * 3600000 };

static int add_file(struct analyze_input *in, const struct file_line *line)
{
    struct analysis_file *files = realloc(in->files, (in->file_count + 1) * sizeof(*files));
    if (!files)
        return ERR_NOMEM;
    in->files = files;
    files[in->file_count++] = (struct analysis_file){line->file, line->number};
    if (in->first_time_ms == TIME_NONE)
        in->first_time_ms = line->file_time_ms;
    return 0;
}

static int add_line(void *ctx, const struct file_line *line)
{
    struct analyze_input *in = ctx;
    if (line->number_in_file == 1 && add_file(in, line) != 0)
        return ERR_NOMEM;
    if (in->count == in->cap) {
        size_t cap = in->cap ? in->cap * 2 : LINES_FIRST;
        struct input_line *lines = realloc(in->lines, cap * sizeof(*lines));
        if (!lines)
            return ERR_NOMEM;
        in->lines = lines;
        in->cap = cap;
    }
    in->lines[in->count++] = (struct input_line){.text = arena_span(in->arena, line->text),
        .stamp_ms = TIME_NONE,
        .number = line->number,
        .host = -1,
        .file_time_ms = line->file_time_ms};
    return 0;
}

int analyze_input_read(struct analyze_input *in, char *const *names, size_t count)
{
    *in = (struct analyze_input){.arena = arena_new(ARENA_CHUNK_BYTES), .first_time_ms = TIME_NONE};
    return in->arena ? file_read_lines(names, count, add_line, in) : ERR_NOMEM;
}

void analyze_input_free(struct analyze_input *in)
{
    arena_free(in->arena);
    free(in->lines);
    free(in->files);
}

static int by_stamp(const void *a, const void *b)
{
    const struct input_line *x = a, *y = b;
    if (x->stamp_ms != y->stamp_ms)
        return x->stamp_ms < y->stamp_ms ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

/* The line before it tells, where it is near, which pass of a clock put back this one is of; not the year. */
static int64_t stamp_of(
    const struct stamp *st, int year, int64_t file_time_ms, int64_t last_ms, const struct zone *zone)
{
    int64_t ms = stamp_resolve(st, year, file_time_ms, TIME_NONE, zone);
    bool near = last_ms != TIME_NONE && ms > last_ms - FOLD_MS && ms < last_ms + FOLD_MS;
    return near ? stamp_resolve(st, year, file_time_ms, last_ms, zone) : ms;
}

int analyze_input_sort(struct analyze_input *in, int16_t year, const struct zones *zones)
{
    int64_t last = TIME_NONE;
    bool sorted = true;
    in->hosts.count = 0;
    char *buf = malloc(RECORD_VALUE_MAX);
    if (!buf)
        return ERR_NOMEM;
    for (size_t i = 0; i < in->count; i++) {
        struct input_line *l = &in->lines[i];
        struct envelope e;
        struct line read;
        if (envelope_open(l->text, buf, &e) == RECORD_READ && line_read(&e, &read) == RECORD_READ) {
            const struct zone *zone = zones_of(zones, span_hash(e.host.ptr ? e.host : read.host, 0));
            l->stamp_ms = stamp_of(&read.stamp, year, l->file_time_ms, last, zone);
            l->host = e.host.ptr ? -1 : alias_count(&in->hosts, read.host);
        } else {
            l->stamp_ms = last;
        }
        sorted = sorted && l->stamp_ms >= last;
        last = l->stamp_ms;
    }
    free(buf);
    if (!sorted && !in->as_arrived)
        qsort(in->lines, in->count, sizeof(*in->lines), by_stamp);
    return 0;
}
