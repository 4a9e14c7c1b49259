/*
 * survey.h — what log files hold, before they are sent: the host that most lines of a file name, and when
 * each line was written.
 *
 * Time    a stamp without a year gets the latest one that puts it no later than the file's time + 1 day, then
 * the one that continues the file's sequence (design 3.9); a line without a stamp has the time of the line
 * before it. Never later than the time given as now. Threads none inside.
 */
#ifndef IKEWATCH_INGEST_SURVEY_H
#define IKEWATCH_INGEST_SURVEY_H

#include "ingest/file.h"

enum { SURVEY_HOSTS = 32, SURVEY_HOST_MAX = 256 };

/* The clock of one file's lines. */
struct survey_clock {
    const char *file;
    int64_t last_ms;         /* INT64_MIN: no stamp yet */
    const struct zone *zone; /* of stamps that name none; NULL: UTC */
};

/* @return ms since the epoch, UTC, not later than now_ms */
int64_t survey_time(struct survey_clock *clock, const struct file_line *line, int64_t now_ms);

struct survey_file {
    const char *file;
    struct {
        char name[SURVEY_HOST_MAX];
        uint64_t lines;
    } hosts[SURVEY_HOSTS];
    size_t host_count; /* further ones are not counted: a file of so many hosts has no majority */
};

struct survey {
    struct survey_file *files;
    size_t count, cap;
    struct survey_clock clock;
    int64_t oldest_ms; /* INT64_MAX: no line */
    int64_t now_ms;
    uint64_t lines;
};

/* As file_line_fn. @return 0 or ERR_NOMEM */
int survey_line(void *survey, const struct file_line *line);
void survey_free(struct survey *s);

/* The host most lines of the file name; ptr NULL: none names any. */
struct span survey_host(const struct survey *s, const char *file);

#endif
