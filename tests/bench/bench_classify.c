/*
 * The whole way of a line on one core: lines → events → exchanges → incidents → rows, beside bare hs_scan
 * over the same lines.
 *
 *   bench_classify FILE…        prints one JSON object; asserts nothing
 *
 * Two bare scans are measured in the same run, both with one hs_scan a line and a callback that counts:
 *   bare_hs_scan    whole lines, the templates' expressions searched anywhere in the line, as a program
 * without a header parser would anchored_scan   only the message, the expressions anchored at its start: what
 * ikewatch itself calls
 */
#include "classify/catalog_build.h"
#include "classify/classify.h"
#include "classify/line.h"
#include "tests/support/corpus.h"

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9, PASSES = 12, FLUSH_RECORDS = 20000, LINES_MAX = 1 << 20 };

struct load {
    struct record *records;
    struct span *messages; /* of the lines that have one */
    size_t count, message_count, bytes;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int count_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(size_t *)ctx;
    return 0;
}

static hs_database_t *unanchored(const struct catalogue *cat)
{
    size_t n = catalogue_template_count(cat);
    char **expressions = calloc(n, sizeof(*expressions));
    unsigned *flags = calloc(n, sizeof(*flags)), *ids = calloc(n, sizeof(*ids));
    hs_database_t *db = NULL;
    hs_compile_error_t *wrong = NULL;
    for (size_t i = 0; i < n; i++) {
        expressions[i] = template_expression(catalogue_template(cat, i), true);
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

static double scan_all(const hs_database_t *db, hs_scratch_t *scratch, const struct load *l, bool whole)
{
    size_t hits = 0;
    double from = now_s();
    for (int p = 0; p < PASSES; p++) {
        if (whole)
            for (size_t i = 0; i < l->count; i++)
                hs_scan(db, l->records[i].value.ptr, (unsigned)l->records[i].value.len, 0, scratch,
                    count_match, &hits);
        else
            for (size_t i = 0; i < l->message_count; i++)
                hs_scan(db, l->messages[i].ptr, (unsigned)l->messages[i].len, 0, scratch, count_match, &hits);
    }
    return now_s() - from;
}

static double classify_all(const struct catalogue *cat, const struct load *l, size_t *rows_out)
{
    struct classify_options options = classify_defaults(cat);
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(cat);
    struct rows rows;
    size_t fed = 0;
    rows_init(&rows);
    *rows_out = 0;
    double from = now_s();
    for (int p = 0; p < PASSES; p++) {
        for (size_t i = 0; i < l->count; i++) {
            struct record r = l->records[i];
            r.offset = (int64_t)fed++;
            classify_feed(c, scratch, &r);
            if (fed % FLUSH_RECORDS == 0) {
                rows_reset(&rows);
                classify_collect(c, &rows);
                *rows_out += rows_count(&rows);
            }
        }
    }
    double s = now_s() - from;
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(c);
    return s;
}

/* Every file is a device of its own, and they take turns line by line: what a partition looks like. */
static struct load interleave(int files, char **names)
{
    struct load l = {calloc(LINES_MAX, sizeof(*l.records)), calloc(LINES_MAX, sizeof(*l.messages)), 0, 0, 0};
    struct corpus *logs = calloc((size_t)files, sizeof(*logs));
    size_t longest = 0;
    for (int f = 0; f < files; f++) {
        char *device = malloc(32);
        snprintf(device, 32, "device%04d", f);
        logs[f] = corpus_load(names[f], device);
        longest = logs[f].count > longest ? logs[f].count : longest;
    }
    for (size_t i = 0; i < longest; i++) {
        for (int f = 0; f < files && l.count < LINES_MAX; f++) {
            if (i >= logs[f].count)
                continue;
            struct envelope e = {.line = logs[f].records[i].value};
            struct line line;
            l.records[l.count++] = logs[f].records[i];
            l.bytes += e.line.len;
            if (line_read(&e, &line) == RECORD_READ && line.text.len)
                l.messages[l.message_count++] = line.text;
        }
    }
    return l;
}

static double best(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

int main(int argc, char **argv)
{
    const struct catalogue *cat = corpus_catalogue();
    if (argc < 2)
        return fprintf(stderr, "usage: bench_classify FILE…\n"), 2;
    struct load l = interleave(argc - 1, argv + 1);
    hs_database_t *db = unanchored(cat);
    hs_scratch_t *scratch = NULL, *anchored = NULL;
    if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS ||
        hs_alloc_scratch(cat->database, &anchored) != HS_SUCCESS)
        return 1;
    double bare = 0, message = 0, whole = 0;
    size_t rows = 0;
    for (int r = 0; r < ROUNDS; r++) { /* in turns, so that noise hits all alike */
        bare = best(bare, scan_all(db, scratch, &l, true));
        message = best(message, scan_all(cat->database, anchored, &l, false));
        whole = best(whole, classify_all(cat, &l, &rows));
    }
    double n = (double)l.count * PASSES;
    printf("{\"bench\": \"classify\", \"files\": %d, \"lines\": %zu, \"bytes_per_line\": %.1f, "
           "\"templates\": %zu, "
           "\"classify_lines_per_s\": %.0f, \"classify_ns_per_line\": %.1f, \"rows_per_line\": %.3f, "
           "\"bare_hs_scan_lines_per_s\": %.0f, \"bare_hs_scan_ns_per_line\": %.1f, "
           "\"ratio_to_bare_hs_scan\": %.3f, "
           "\"anchored_scan_lines_per_s\": %.0f, \"anchored_scan_ns_per_line\": %.1f, "
           "\"ratio_to_anchored_scan\": %.3f}\n",
        argc - 1, l.count, (double)l.bytes / (double)l.count, catalogue_template_count(cat), n / whole,
        whole / n * 1e9, (double)rows / n, n / bare, bare / n * 1e9, bare / whole, n / message,
        message / n * 1e9, message / whole);
    return 0;
}
