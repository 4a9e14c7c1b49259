/*
 * The whole way of a line on one core: lines → events → exchanges → incidents → rows, beside bare hs_scan
 * over the same lines.
 *
 *   bench_classify WHAT FILE…     prints one JSON object; asserts nothing
 *
 * WHAT    corpus       the files, each a device, line by line in turns
 *         chatter      lines that no template matches: of other programs, and of charon
 *         envelopes    the files in {"host", "message"} and in Vector's JSON, beside the raw lines
 *         threads      two threads with partitions of their own beside one
 *         catalogue    500 templates beside the 100 that the files need most
 *
 * Two bare scans are measured in the same run, both with one hs_scan a line and a callback that counts:
 *   bare_hs_scan    whole lines, the templates' expressions searched anywhere in the line, as a program
 * without a header parser would anchored_scan   only the message, the expressions anchored at its start
 */
#include "classify/catalog_build.h"
#include "classify/line.h"
#include "tests/bench/mix.h"
#include "tests/support/corpus.h"

#include <hs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 9, PASSES = 12, CHATTER_LINES = 20000, THREADS = 2, FEW = 100, MANY = 500 };

static double best(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

/* --- bare scans --- */

struct bare {
    hs_database_t *whole, *anchored;
    hs_scratch_t *scratch;
};

static int count_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(size_t *)ctx;
    return 0;
}

static hs_database_t *compiled(const struct catalogue *cat, bool anchored)
{
    size_t n = catalogue_template_count(cat);
    char **expressions = calloc(n, sizeof(*expressions));
    unsigned *flags = calloc(n, sizeof(*flags)), *ids = calloc(n, sizeof(*ids));
    hs_database_t *db = NULL;
    hs_compile_error_t *wrong = NULL;
    for (size_t i = 0; i < n; i++) {
        expressions[i] = template_expression(catalogue_template(cat, i), !anchored);
        if (!anchored)
            memmove(expressions[i], expressions[i] + 1, strlen(expressions[i])); /* without the ^ */
        flags[i] = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
        ids[i] = (unsigned)i;
    }
    if (hs_compile_multi((const char *const *)expressions, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL, &db,
            &wrong) != HS_SUCCESS) {
        fprintf(stderr, "%s\n", wrong->message);
        exit(1);
    }
    for (size_t i = 0; i < n; i++)
        free(expressions[i]);
    free(expressions);
    free(flags);
    free(ids);
    return db;
}

static struct bare bare_new(const struct catalogue *cat)
{
    struct bare b = {compiled(cat, false), compiled(cat, true), NULL};
    if (hs_alloc_scratch(b.whole, &b.scratch) != HS_SUCCESS ||
        hs_alloc_scratch(b.anchored, &b.scratch) != HS_SUCCESS)
        exit(1);
    return b;
}

static double scan_whole(const struct bare *b, const struct mix *m, int passes)
{
    size_t hits = 0;
    double from = mix_cpu_s();
    for (int p = 0; p < passes; p++)
        for (size_t i = 0; i < m->count; i++)
            hs_scan(b->whole, m->records[i].value.ptr, (unsigned)m->records[i].value.len, 0, b->scratch,
                count_match, &hits);
    return mix_cpu_s() - from;
}

static double scan_anchored(const struct bare *b, const struct mix *m, int passes)
{
    size_t hits = 0;
    double from = mix_cpu_s();
    for (int p = 0; p < passes; p++)
        for (size_t i = 0; i < m->message_count; i++)
            hs_scan(b->anchored, m->messages[i].ptr, (unsigned)m->messages[i].len, 0, b->scratch, count_match,
                &hits);
    return mix_cpu_s() - from;
}

/* --- classify --- */

static double classify_all(const struct catalogue *cat, const struct mix *m, int passes, size_t *handed)
{
    struct classify_options options = classify_defaults(cat);
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(cat);
    struct rows rows;
    size_t fed = 0;
    rows_init(&rows);
    double from = mix_cpu_s();
    *handed = mix_feed(c, scratch, m, passes, &fed, &rows);
    double s = mix_cpu_s() - from;
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(c);
    return s;
}

/* classify beside both bare scans, in turns so that noise hits all alike. */
static void beside_bare(
    const char *name, const struct catalogue *cat, const struct bare *b, const struct mix *m)
{
    double bare = 0, anchored = 0, ours = 0, n = (double)m->count * PASSES;
    size_t handed = 0;
    for (int r = 0; r < ROUNDS; r++) {
        bare = best(bare, scan_whole(b, m, PASSES));
        anchored = best(anchored, scan_anchored(b, m, PASSES));
        ours = best(ours, classify_all(cat, m, PASSES, &handed));
    }
    printf("{\"bench\": \"%s\", \"lines\": %zu, \"bytes_per_line\": %.1f, \"templates\": %zu, "
           "\"classify_lines_per_s\": %.0f, \"classify_ns_per_line\": %.1f, \"rows_per_line\": %.3f, "
           "\"bare_hs_scan_lines_per_s\": %.0f, \"bare_hs_scan_ns_per_line\": %.1f, "
           "\"anchored_scan_lines_per_s\": %.0f, \"anchored_scan_ns_per_line\": %.1f, "
           "\"ratio_to_anchored_scan\": %.3f, \"ratio\": %.3f}\n",
        name, m->count, (double)m->bytes / (double)m->count, catalogue_template_count(cat), n / ours,
        ours / n * 1e9, (double)handed / n, n / bare, bare / n * 1e9, n / anchored, anchored / n * 1e9,
        anchored / ours, bare / ours);
}

static int bench_chatter(const struct catalogue *cat)
{
    struct bare b = bare_new(cat);
    struct mix other = mix_chatter(CHATTER_LINES, false), own = mix_chatter(CHATTER_LINES, true);
    beside_bare("chatter of other programs", cat, &b, &other);
    beside_bare("chatter of charon", cat, &b, &own);
    return 0;
}

static int bench_envelopes(const struct catalogue *cat, const struct mix *raw)
{
    struct mix host = mix_in_envelopes(raw, false), vector = mix_in_envelopes(raw, true);
    double seconds[3] = {0}, n = (double)raw->count * PASSES;
    const struct mix *mixes[3] = {raw, &host, &vector};
    static const char *const names[3] = {"raw", "host_message", "vector"};
    size_t handed;
    for (int r = 0; r < ROUNDS; r++)
        for (int k = 0; k < 3; k++)
            seconds[k] = best(seconds[k], classify_all(cat, mixes[k], PASSES, &handed));
    for (int k = 1; k < 3; k++)
        printf(
            "{\"bench\": \"envelope %s\", \"lines\": %zu, \"bytes_per_line\": %.1f, \"ns_per_line\": %.1f, "
            "\"raw_ns_per_line\": %.1f, \"ratio\": %.3f}\n",
            names[k], raw->count, (double)mixes[k]->bytes / (double)raw->count, seconds[k] / n * 1e9,
            seconds[0] / n * 1e9, seconds[0] / seconds[k]);
    return 0;
}

/* --- threads --- */

struct turn {
    const struct catalogue *cat;
    struct mix mix;
    atomic_int *waiting;
    double cpu_s, wall_s;
    pthread_t thread;
};

static void *run_turn(void *arg)
{
    struct turn *t = arg;
    size_t handed;
    atomic_fetch_sub(t->waiting, 1);
    while (atomic_load(t->waiting) > 0)
        ;
    double from = mix_wall_s();
    t->cpu_s = classify_all(t->cat, &t->mix, PASSES, &handed);
    t->wall_s = mix_wall_s() - from;
    return NULL;
}

static void run_turns(struct turn *turns, int n)
{
    atomic_int waiting = n;
    for (int i = 0; i < n; i++) {
        turns[i].waiting = &waiting;
        if (pthread_create(&turns[i].thread, NULL, run_turn, &turns[i]))
            exit(1);
    }
    for (int i = 0; i < n; i++)
        pthread_join(turns[i].thread, NULL);
}

static double lines_of(const struct turn *t)
{
    return (double)t->mix.count * PASSES;
}

/* By CPU time too: it does not see that another program had the core, only that the threads hinder each
 * other. */
static int bench_threads(const struct catalogue *cat, const struct mix *m)
{
    struct turn turns[THREADS];
    double wall = 0, cpu = 0, one_wall = 0, one_cpu = 0, free_cores = 0;
    for (int i = 0; i < THREADS; i++)
        turns[i] = (struct turn){.cat = cat, .mix = mix_part(m, (size_t)i, THREADS)};
    for (int r = 0; r < ROUNDS; r++) {
        double together_wall = 0, together_cpu = 0, alone_wall = 0, alone_cpu = 0;
        for (int i = 0; i < THREADS; i++) {
            run_turns(&turns[i], 1);
            alone_wall += lines_of(&turns[i]) / turns[i].wall_s / THREADS;
            alone_cpu += lines_of(&turns[i]) / turns[i].cpu_s / THREADS;
        }
        run_turns(turns, THREADS);
        double cores = 1;
        for (int i = 0; i < THREADS; i++) {
            together_wall += lines_of(&turns[i]) / turns[i].wall_s;
            together_cpu += lines_of(&turns[i]) / turns[i].cpu_s;
            cores = turns[i].cpu_s / turns[i].wall_s < cores ? turns[i].cpu_s / turns[i].wall_s : cores;
        }
        free_cores = cores > free_cores ? cores : free_cores;
        wall = together_wall > wall ? together_wall : wall;
        cpu = together_cpu > cpu ? together_cpu : cpu;
        one_wall = alone_wall > one_wall ? alone_wall : one_wall;
        one_cpu = alone_cpu > one_cpu ? alone_cpu : one_cpu;
    }
    bool both_free = free_cores >= 0.97;
    printf("{\"bench\": \"two threads\", \"lines_per_s\": %.0f, \"one_thread_lines_per_s\": %.0f, "
           "\"wall_ratio\": %.3f, \"cpu_ratio\": %.3f, \"cores_free\": %s, \"ratio\": %.3f}\n",
        both_free ? wall : cpu, both_free ? one_wall : one_cpu, wall / one_wall, cpu / one_cpu,
        both_free ? "true" : "false", both_free ? wall / one_wall : cpu / one_cpu);
    return 0;
}

/* --- size of the catalogue --- */

struct use {
    size_t template, lines;
};

static int most_used_first(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    return x->lines != y->lines ? (x->lines < y->lines) - (x->lines > y->lines)
                                : (x->template > y->template) - (x->template <y->template);
}

/* The first n of the list as a catalogue of their own. */
static struct catalogue *part_of(const struct catalogue *cat, const struct use *uses, size_t n)
{
    char error[256], *text = malloc(n * 4096), *to = text, *end = text + n * 4096;
    struct catalogue *part = catalogue_new();
    for (size_t i = 0; i < n; i++) {
        const struct template *t = catalogue_template(cat, uses[i].template);
        to += snprintf(to, (size_t)(end - to),
            "[%s]\nevent = %s\ngroup = %s\ntext = %s\nsample = %s\nsource = bench\n", t->id,
            event_kind_name(t->event), t->group, t->text, t->samples[0]);
        if (t->fact)
            to += snprintf(to, (size_t)(end - to), "fact = %s\n", fact_name((enum fact)t->fact));
        if (t->nocase)
            to += snprintf(to, (size_t)(end - to), "nocase = yes\n");
    }
    if (catalogue_add(part, "bench.ini", span_of(text), error, sizeof(error)) ||
        catalogue_compile(part, error, sizeof(error))) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    free(text);
    return part;
}

static struct use *count_uses(const struct catalogue *cat, const struct mix *m)
{
    size_t n = catalogue_template_count(cat);
    struct use *uses = calloc(n, sizeof(*uses));
    struct match_scratch *scratch = match_scratch_new(cat);
    struct captures captures;
    for (size_t i = 0; i < n; i++)
        uses[i].template = i;
    for (size_t i = 0; i < m->message_count; i++) {
        int t = match_text(cat, scratch, m->messages[i], &captures);
        if (t >= 0)
            uses[t].lines++;
    }
    match_scratch_free(scratch);
    qsort(uses, n, sizeof(*uses), most_used_first);
    return uses;
}

/* Only messages that the smaller catalogue knows, so that both do the same work. */
static int bench_catalogue(const struct catalogue *cat, struct mix *m)
{
    struct use *uses = count_uses(cat, m);
    struct catalogue *sizes[2] = {part_of(cat, uses, FEW), part_of(cat, uses, MANY)};
    struct match_scratch *scratch = match_scratch_new(sizes[0]);
    struct captures captures;
    size_t kept = 0, handed;
    double seconds[2] = {0};
    for (size_t i = 0; i < m->count; i++) {
        struct envelope e = {.line = m->records[i].value};
        struct line line;
        if (line_read(&e, &line) == RECORD_READ && match_text(sizes[0], scratch, line.text, &captures) >= 0)
            m->records[kept++] = m->records[i];
    }
    m->count = kept;
    for (int r = 0; r < ROUNDS; r++)
        for (int k = 0; k < 2; k++)
            seconds[k] = best(seconds[k], classify_all(sizes[k], m, PASSES, &handed));
    double n = (double)kept * PASSES;
    printf("{\"bench\": \"catalogue\", \"lines\": %zu, \"ns_per_line_100\": %.1f, \"ns_per_line_500\": %.1f, "
           "\"ratio\": %.3f}\n",
        kept, seconds[0] / n * 1e9, seconds[1] / n * 1e9, seconds[1] / seconds[0]);
    match_scratch_free(scratch);
    free(uses);
    return 0;
}

int main(int argc, char **argv)
{
    const struct catalogue *cat = corpus_catalogue();
    if (argc > 1 && strcmp(argv[1], "chatter") == 0)
        return bench_chatter(cat);
    if (argc < 3)
        return fprintf(stderr, "usage: bench_classify corpus|chatter|envelopes|threads|catalogue FILE…\n"), 2;
    struct mix m = mix_load(argc - 2, argv + 2);
    if (strcmp(argv[1], "envelopes") == 0)
        return bench_envelopes(cat, &m);
    if (strcmp(argv[1], "threads") == 0)
        return bench_threads(cat, &m);
    if (strcmp(argv[1], "catalogue") == 0)
        return bench_catalogue(cat, &m);
    struct bare b = bare_new(cat);
    beside_bare("classify", cat, &b, &m);
    return 0;
}
