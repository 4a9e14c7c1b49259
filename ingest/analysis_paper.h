/*
 * analysis_paper.h — how the readable analysis puts words on a page: times, durations, colours, wrapped
 * paragraphs.
 */
#ifndef IKEWATCH_INGEST_ANALYSIS_PAPER_H
#define IKEWATCH_INGEST_ANALYSIS_PAPER_H

#include "ingest/analysis.h"

enum paper_colour { PAPER_PLAIN, PAPER_BOLD, PAPER_DIM, PAPER_RED, PAPER_YELLOW, PAPER_GREEN };

struct paper {
    FILE *out;
    bool colour;
    size_t width;
    const struct zone *zone; /* NULL: UTC */
};

enum { PAPER_TIME_MAX = 32, PAPER_SPAN_MAX = 32, PAPER_LABEL_COLUMNS = 13 };

/* "Nov 23 18:14:41", as the log has it; "-" for TIME_NONE. @return buf */
const char *paper_time(const struct paper *p, int64_t ms, char buf[PAPER_TIME_MAX]);
/* "2026-11-23 18:14:41" */
const char *paper_date_time(const struct paper *p, int64_t ms, char buf[PAPER_TIME_MAX]);
/* "5 min 56 s"; two units at most */
const char *paper_duration(int64_t ms, char buf[PAPER_SPAN_MAX]);

void paper_colour(const struct paper *p, enum paper_colour colour);

/* "  Label     text…", the text wrapped under itself at blanks; label "" continues the column. */
void paper_paragraph(const struct paper *p, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, but one line, never wrapped: what people grep for stays as it is in the log. */
void paper_line(const struct paper *p, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
