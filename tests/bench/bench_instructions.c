/*
 * bench_instructions.c — classify over log files and nothing beside it, for a profiler: check-baseline counts
 * the instructions within mix_feed() by callgrind; perf sees where the time goes with many PASSES.
 *
 * bench_instructions PASSES FILE…: prints lines and rows.
 */
#include "tests/bench/mix.h"
#include "tests/support/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

int main(int argc, char **argv)
{
    uint64_t passes;
    size_t fed = 0;
    struct rows rows;
    if (argc < 3 || !span_u64(span_of(argv[1]), &passes))
        return fprintf(stderr, "usage: bench_instructions PASSES FILE…\n"), 2;
    const struct catalogue *cat = corpus_catalogue();
    struct mix m = mix_load(argc - 2, argv + 2);
    struct classify_options options = classify_defaults(cat);
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(cat);
    if (!c || !scratch || rows_init(&rows))
        return 1;
    CALLGRIND_START_INSTRUMENTATION; /* compiling the catalogue would take a minute of it */
    size_t handed = mix_feed(c, scratch, &m, (int)passes, &fed, &rows);
    printf("{\"lines\": %zu, \"rows\": %zu}\n", fed, handed);
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(c);
    return 0;
}
