/*
 * test_allocations.c — classify takes no memory from the heap for a line once it has seen the like: the logs
 * of tests/corpus are fed, a day later each time, until QUIET_ROUNDS rounds in a row took none, and then the
 * next ones may not either. A clock that stands still would keep what is forgotten by time.
 *
 * Allocations are counted by the sanitizer's hooks if there is one, else by standing in front of libc's
 * malloc.
 */
#define _XOPEN_SOURCE 700 /* strptime */
#include "tests/bench/mix.h"
#include "tests/support/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WARM_ROUNDS_MAX = 40, QUIET_ROUNDS = 3, ROUNDS = 20, CASES_MAX = 256, PATH_BYTES = 512 };

static size_t allocations;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* of sanitizer/allocator_interface.h, which gcc does not install */
int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t), void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *at, size_t bytes)
{
    (void)at, (void)bytes;
    allocations++;
}

static void on_free(const volatile void *at)
{
    (void)at;
}

static void count_allocations(void)
{
    if (!__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free))
        abort();
}
#else
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *at, size_t bytes);

void *malloc(size_t bytes)
{
    allocations++;
    return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    allocations++;
    return __libc_calloc(n, bytes);
}

void *realloc(void *at, size_t bytes)
{
    allocations++;
    return __libc_realloc(at, bytes);
}

static void count_allocations(void)
{
}
#endif

static struct mix load_corpus(void)
{
    static char cases[CASES_MAX][64], paths[CASES_MAX][PATH_BYTES];
    char *names[CASES_MAX];
    size_t n = corpus_cases(cases, CASES_MAX);
    for (size_t i = 0; i < n; i++) {
        snprintf(paths[i], PATH_BYTES, "%s/%s/messages", CORPUS_DIR, cases[i]);
        names[i] = paths[i];
    }
    return mix_load((int)n, names);
}

/* The stamp of the line, 24 hours later: "Jun 18" in all of them. */
static void move_on(const struct record *r)
{
    static const char facility[] = "daemon.info: ";
    bool has_facility = span_starts(r->value, span_of(facility));
    char *at = (char *)r->value.ptr + (has_facility ? strlen(facility) : 0), text[16];
    struct tm tm = {.tm_year = 126};
    if (!strptime(at, "%b %e", &tm))
        abort();
    time_t next = timegm(&tm) + 24 * 60 * 60;
    gmtime_r(&next, &tm);
    memcpy(at, text, strftime(text, sizeof(text), "%b %e", &tm));
}

struct feed {
    struct classify *classify;
    struct match_scratch *scratch;
    struct mix mix;
    struct rows rows;
    size_t fed;
    int rounds;
};

/* @return allocations */
static size_t feed_round(struct feed *f)
{
    size_t before = allocations;
    for (size_t i = 0; i < f->mix.count; i++)
        move_on(&f->mix.records[i]);
    mix_feed(f->classify, f->scratch, &f->mix, 1, &f->fed, &f->rows);
    f->rounds++;
    return allocations - before;
}

int main(void)
{
    static struct feed f; /* for a leak checker: what it points to lives until the end */
    const struct catalogue *cat = corpus_catalogue();
    struct classify_options options = classify_defaults(cat);
    f.mix = load_corpus();
    f.classify = classify_new(&options);
    f.scratch = match_scratch_new(cat);
    if (!f.classify || !f.scratch || rows_init(&f.rows))
        return 1;
    count_allocations();
    for (int quiet = 0; quiet < QUIET_ROUNDS && f.rounds < WARM_ROUNDS_MAX;)
        quiet = feed_round(&f) == 0 ? quiet + 1 : 0;
    int warm = f.rounds;
    size_t taken = 0;
    for (int i = 0; i < ROUNDS; i++)
        taken += feed_round(&f);
    printf("{\"bench\": \"allocations\", \"rounds_until_warm\": %d, \"lines\": %zu, \"allocations\": %zu, "
           "\"per_line\": %.6f}\n",
        warm, f.mix.count * ROUNDS, taken, (double)taken / (double)(f.mix.count * ROUNDS));
    rows_free(&f.rows);
    match_scratch_free(f.scratch);
    classify_free(f.classify);
    return taken != 0;
}
