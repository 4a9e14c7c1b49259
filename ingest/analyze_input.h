/*
 * analyze_input.h — the lines of an offline run, in memory and in order of time.
 *
 * Order   by stamp, unless as_arrived; lines of equal stamps, and lines without one, stay where they stood.
 * Memory  all lines at once: about 100 bytes a line beside the text.
 */
#ifndef IKEWATCH_INGEST_ANALYZE_INPUT_H
#define IKEWATCH_INGEST_ANALYZE_INPUT_H

#include "ingest/analysis.h"
#include "ingest/analyze_alias.h"

struct input_line {
    struct span text;
    int64_t stamp_ms;     /* TIME_NONE: none, nor has a line before it one */
    int64_t number;       /* 1.. over all files, in reading order */
    int64_t file_time_ms; /* of its file */
    int host;             /* index in analyze_input.hosts, -1: none */
};

struct analyze_input {
    struct arena *arena;
    struct input_line *lines;
    size_t count, cap;
    struct analysis_file *files;
    size_t file_count;
    struct alias_hosts hosts;
    bool as_arrived;       /* leave them in the order they stand in */
    int64_t first_time_ms; /* modification time of the first file, TIME_NONE: no line at all */
};

/* @return 0, ERR_NOMEM, or ERR_IO, said on the log */
int analyze_input_read(struct analyze_input *in, char *const *names, size_t count);
void analyze_input_free(struct analyze_input *in);

/* @param year, zones  of stamps that do not say; year 0: by the file's time. @return 0 or ERR_NOMEM
 */
int analyze_input_sort(struct analyze_input *in, int16_t year, const struct zones *zones);

#endif
