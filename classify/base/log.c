#include "classify/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static enum log_level threshold = LOG_LEVEL_INFO;
static bool journal; /* stderr goes to systemd's journal, which stamps lines itself */

void log_init(enum log_level level)
{
    threshold = level;
    journal = getenv("JOURNAL_STREAM") != NULL;
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error";
    case LOG_LEVEL_WARN:
        return "warn";
    case LOG_LEVEL_INFO:
        return "info";
    default:
        return "debug";
    }
}

static size_t put_head(char *buf, size_t cap, enum log_level level, const char *name)
{
    if (journal)
        return (size_t)snprintf(buf, cap, "<%d>%s ", (int)level, name);
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(buf, cap, "%Y-%m-%dT%H:%M:%S", &utc);
    return n + (size_t)snprintf(
                   buf + n, cap - n, ".%03ldZ %s %s ", now.tv_nsec / 1000000, level_name(level), name);
}

void log_write(enum log_level level, const char *name, const char *format, ...)
{
    if (level > threshold)
        return;
    char line[2048];
    int error = errno;
    size_t n = put_head(line, sizeof(line), level, name);
    va_list args;
    va_start(args, format);
    int m = vsnprintf(line + n, sizeof(line) - n - 1, format, args);
    va_end(args);
    n += m < 0 ? 0 : ((size_t)m < sizeof(line) - n - 1 ? (size_t)m : sizeof(line) - n - 2);
    for (size_t i = 0; i < n; i++) /* a line stays a line, whatever it quotes */
        if ((unsigned char)line[i] < 0x20)
            line[i] = ' ';
    line[n++] = '\n';
    ssize_t told = write(STDERR_FILENO, line, n);
    (void)told; /* nobody is left to tell of a failure */
    errno = error;
}

const char *log_quote(const char *text)
{
    static _Thread_local char bufs[4][512];
    static _Thread_local unsigned turn;
    char *buf = bufs[turn++ % 4], *p = buf, *end = buf + sizeof(bufs[0]) - 3;
    *p++ = '"';
    for (; text && *text && p < end; text++) {
        if (*text == '"' || *text == '\\')
            *p++ = '\\';
        *p++ = *text;
    }
    *p++ = '"';
    *p = '\0';
    return buf;
}
