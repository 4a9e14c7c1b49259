#include "ingest/analysis_paper.h"

#include <stdarg.h>
#include <time.h>

static const char *format_time(
    const struct paper *p, int64_t ms, const char *format, char buf[PAPER_TIME_MAX])
{
    struct tm tm;
    int64_t seconds = ms / 1000 - (ms % 1000 < 0) + zone_offset_at(p->zone, ms);
    time_t t = (time_t)seconds;
    if (ms == TIME_NONE || !gmtime_r(&t, &tm) || strftime(buf, PAPER_TIME_MAX, format, &tm) == 0)
        span_copy(buf, PAPER_TIME_MAX, SPAN("-"));
    return buf;
}

const char *paper_time(const struct paper *p, int64_t ms, char buf[PAPER_TIME_MAX])
{
    return format_time(p, ms, "%b %e %H:%M:%S", buf);
}

const char *paper_date_time(const struct paper *p, int64_t ms, char buf[PAPER_TIME_MAX])
{
    return format_time(p, ms, "%Y-%m-%d %H:%M:%S", buf);
}

const char *paper_duration(int64_t ms, char buf[PAPER_SPAN_MAX])
{
    long long s = (long long)(ms < 0 ? 0 : ms) / 1000;
    if (s < 60)
        snprintf(buf, PAPER_SPAN_MAX, "%lld s", s);
    else if (s < 3600)
        snprintf(buf, PAPER_SPAN_MAX, "%lld min %lld s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, PAPER_SPAN_MAX, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else
        snprintf(buf, PAPER_SPAN_MAX, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    return buf;
}

void paper_colour(const struct paper *p, enum paper_colour colour)
{
    static const char *const codes[] = {"0", "1", "2", "1;31", "33", "32"};
    if (p->colour)
        fprintf(p->out, "\033[%sm", codes[colour]);
}

static void put_label(const struct paper *p, const char *label)
{
    paper_colour(p, PAPER_DIM);
    fprintf(p->out, "  %-*s", PAPER_LABEL_COLUMNS - 2, label);
    paper_colour(p, PAPER_PLAIN);
}

/* Columns of UTF-8 text, a character a column: what is wrapped here is mostly Latin. */
static size_t columns(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

/* Up to the next blank at which a line may end: a `command` is not broken, so that it can be copied. */
static size_t word_length(const char *text)
{
    size_t n = 0;
    for (bool command = false; text[n] && (command || text[n] != ' '); n++)
        command ^= text[n] == '`' && (command || strchr(text + n + 1, '`'));
    return n;
}

static void put_wrapped(const struct paper *p, const char *text)
{
    size_t column = PAPER_LABEL_COLUMNS;
    while (*text) {
        size_t word = word_length(text);
        size_t wide = columns(text, word);
        bool first = column == PAPER_LABEL_COLUMNS;
        if (!first && column + 1 + wide > p->width) {
            fprintf(p->out, "\n%*s", PAPER_LABEL_COLUMNS, "");
            column = PAPER_LABEL_COLUMNS;
            first = true;
        }
        fprintf(p->out, "%s%.*s", first ? "" : " ", (int)word, text);
        column += wide + !first;
        text += word + strspn(text + word, " ");
    }
    fputc('\n', p->out);
}

void paper_paragraph(const struct paper *p, const char *label, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put_label(p, label);
    put_wrapped(p, text);
}

void paper_line(const struct paper *p, const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_label(p, label);
    vfprintf(p->out, format, args);
    fputc('\n', p->out);
    va_end(args);
}
