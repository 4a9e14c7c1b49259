/*
 * mix.h — what the benches feed: log files as one partition would see them.
 *
 * Memory  all of it lives until the program ends.
 */
#ifndef IKEWATCH_TESTS_BENCH_MIX_H
#define IKEWATCH_TESTS_BENCH_MIX_H

#include "classify/classify.h"

enum { MIX_FLUSH_RECORDS = 20000 }; /* as ingest.batch_max_records */

struct mix {
    struct record *records;
    struct span *messages; /* of the lines that have one */
    size_t count, message_count, bytes;
};

/* Every file is a device of its own, and they take turns line by line. */
struct mix mix_load(int files, char **names);
/* The same lines as JSON {"host", "message"}, or as Vector writes them. */
struct mix mix_in_envelopes(const struct mix *m, bool vector);
/* Lines that no template matches: of other programs, or of charon. */
struct mix mix_chatter(size_t lines, bool charon);
/* Lines of the devices whose number is `part` modulo `of`. */
struct mix mix_part(const struct mix *m, size_t part, size_t of);

/* Feeds the mix `passes` times, offsets going on from *fed; collects after each pass and within a long one as
 * ingest does. @return rows handed out */
size_t mix_feed(struct classify *c, struct match_scratch *scratch, const struct mix *m, int passes,
    size_t *fed, struct rows *rows);

/* Seconds of CPU of this thread, and of the wall clock. */
double mix_cpu_s(void);
double mix_wall_s(void);

#endif
