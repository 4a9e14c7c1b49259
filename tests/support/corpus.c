#include "tests/support/corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { CORPUS_TIME_S = 1795478400 }; /* 2026-11-24: every log of the corpus is older */

static char *read_all(const char *path, size_t *len)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    char *bytes = malloc((size_t)st.st_size + 1);
    *len = fread(bytes, 1, (size_t)st.st_size, f);
    bytes[*len] = '\0';
    fclose(f);
    return bytes;
}

struct corpus corpus_load(const char *path, const char *device)
{
    struct corpus c = {0};
    size_t len, cap = 0;
    c.bytes = read_all(path, &len);
    struct span rest = {c.bytes, len};
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
        if (c.count == cap) {
            cap = cap ? cap * 2 : 512;
            c.records = realloc(c.records, cap * sizeof(*c.records));
        }
        c.records[c.count] = (struct record){.value = span_from(rest.ptr, n),
            .key = span_of(device),
            .time_ms = CORPUS_TIME_S * 1000LL,
            .offset = (int64_t)c.count};
        c.count++;
        rest = span_skip(rest, n + 1);
    }
    return c;
}

void corpus_free(struct corpus *c)
{
    free(c->records);
    free(c->bytes);
}

/* --- lines that arrive late
 * ----------------------------------------------------------------------------------------- */

enum { DAY_MS = 86400000, LATE_MS = 2000, THREADS = 100 };

struct arrival {
    const struct record *record;
    int64_t at_ms;
    size_t place;
};

static int by_arrival(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Of the day, by the first HH:MM:SS of the line; -1: none. */
static int64_t clock_of(struct span line)
{
    for (size_t i = 0; i + 8 <= line.len; i++) {
        int h, m, s, n = 0;
        char text[9];
        memcpy(text, line.ptr + i, 8);
        text[8] = '\0';
        if (sscanf(text, "%2d:%2d:%2d%n", &h, &m, &s, &n) == 3 && n == 8)
            return ((h * 60 + m) * 60 + s) * 1000LL;
    }
    return -1;
}

static int thread_of(struct span line)
{
    int64_t at = span_find(line, SPAN("charon: "));
    return at >= 0 && (size_t)at + 9 < line.len ? (line.ptr[at + 8] - '0') * 10 + line.ptr[at + 9] - '0' : 0;
}

struct corpus corpus_mixed(const struct corpus *log, uint32_t seed)
{
    struct corpus c = {.records = malloc((log->count + 1) * sizeof(*c.records)), .count = log->count};
    struct arrival *order = malloc((log->count + 1) * sizeof(*order));
    int64_t last_of[THREADS] = {0}, before = 0, day = 0;
    for (size_t i = 0; i < log->count; i++) {
        struct span line = log->records[i].value;
        int64_t clock = clock_of(line);
        clock = clock < 0 ? before : clock;
        day += clock < before - DAY_MS / 2 ? DAY_MS : 0;
        before = clock;
        seed = seed * 1664525u + 1013904223u;
        int64_t *last = &last_of[thread_of(line) % THREADS], at = day + clock + (seed >> 16) % LATE_MS;
        *last = at > *last ? at : *last;
        order[i] = (struct arrival){&log->records[i], *last, i};
    }
    qsort(order, log->count, sizeof(*order), by_arrival);
    for (size_t i = 0; i < log->count; i++) {
        c.records[i] = *order[i].record;
        c.records[i].offset = (int64_t)i;
    }
    free(order);
    return c;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t corpus_cases(char names[][64], size_t max)
{
    size_t n = 0;
    DIR *dir = opendir(CORPUS_DIR);
    for (struct dirent *d; dir && n < max && (d = readdir(dir));) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%.60s/messages", CORPUS_DIR, d->d_name);
        if (d->d_name[0] != '.' && stat(path, &st) == 0)
            snprintf(names[n++], 64, "%.63s", d->d_name);
    }
    closedir(dir);
    qsort(names, n, 64, by_name);
    return n;
}

void corpus_each(void (*check)(const char *name, const struct corpus *log))
{
    enum { CASES_MAX = 64 };
    char cases[CASES_MAX][64];
    size_t n = corpus_cases(cases, CASES_MAX);
    if (n == 0) {
        fprintf(stderr, "no corpus below %s\n", CORPUS_DIR);
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s/messages", CORPUS_DIR, cases[i]);
        struct corpus log = corpus_load(path, "vedge01");
        check(cases[i], &log);
        corpus_free(&log);
    }
}

const struct catalogue *corpus_catalogue(void)
{
    static const struct catalogue *cat;
    char error[256];
    if (!cat)
        cat = catalogue_builtin(error, sizeof(error));
    if (!cat) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
    return cat;
}
