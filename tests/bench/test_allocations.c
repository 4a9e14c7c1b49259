/*
 * test_allocations.c — classify takes no memory from the heap for a line once it has seen the like: the logs
 * of tests/corpus are fed until QUIET_ROUNDS rounds in a row took none, and then the next ones may not
 * either.
 *
 * Allocations are counted by the sanitizer's hooks if there is one, else by standing in front of libc's
 * malloc.
 */
#include "tests/bench/mix.h"
#include "tests/support/corpus.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_ROUNDS_MAX = 40, QUIET_ROUNDS = 3, ROUNDS = 5, CASES_MAX = 256, PATH_BYTES = 512 };

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

int main(void)
{
    const struct catalogue *cat = corpus_catalogue();
    static struct mix m; /* for a leak checker: what it points to lives until the end */
    m = load_corpus();
    struct classify_options options = classify_defaults(cat);
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(cat);
    struct rows rows;
    size_t fed = 0, taken;
    if (!c || !scratch || rows_init(&rows))
        return 1;
    count_allocations();
    int rounds = 0;
    for (int quiet = 0; quiet < QUIET_ROUNDS && rounds < WARM_ROUNDS_MAX; rounds++) {
        taken = allocations;
        mix_feed(c, scratch, &m, 1, &fed, &rows);
        quiet = taken == allocations ? quiet + 1 : 0;
    }
    taken = allocations;
    mix_feed(c, scratch, &m, ROUNDS, &fed, &rows);
    taken = allocations - taken;
    printf("{\"bench\": \"allocations\", \"rounds_until_warm\": %d, \"lines\": %zu, \"allocations\": %zu, "
           "\"per_line\": %.6f}\n",
        rounds, m.count * ROUNDS, taken, (double)taken / (double)(m.count * ROUNDS));
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(c);
    return taken != 0;
}
