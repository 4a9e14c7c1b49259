/*
 * file.h — log files as lines: plain, .gz, stdin (`-`), rotated sets.
 *
 * In      names as given on the command line: messages messages.1 messages.2.gz
 * Order   files of one rotated set (same name but for .N and .gz) are read oldest first: highest number to
 * none; other files in the order given. A name given twice is read once. Out     lines without their newline
 * (and without a trailing CR), in order; bytes as they are, NUL included. Memory  a line longer than
 * FILE_LINE_MAX is given cut, with `cut` set. Errors  an unreadable file is an error naming it and the reason
 * (strerror); damaged gzip data is one naming file and offset.
 */
#ifndef IKEWATCH_INGEST_FILE_H
#define IKEWATCH_INGEST_FILE_H

#include "classify/base/err.h"
#include "classify/base/span.h"

enum { FILE_LINE_MAX = 1 << 20 };

struct file_line {
    struct span text;     /* valid during the call */
    const char *file;     /* as given */
    int64_t file_time_ms; /* its modification time; of a pipe the time of opening */
    int64_t number;       /* 1.. over all files, in reading order */
    int64_t number_in_file;
    bool cut;
};

/* Non-0 from `line` stops and is returned. */
typedef int (*file_line_fn)(void *ctx, const struct file_line *line);

/* @return 0, what `line` returned, or ERR_IO (said on the log) */
int file_read_lines(char *const *names, size_t count, file_line_fn line, void *ctx);

#endif
