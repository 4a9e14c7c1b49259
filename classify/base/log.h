/*
 * log.h — what the program says of itself: one line a fact, on stderr, with tags.
 *
 * Form    level name key=value …   e.g.  warn ingest.poison topic=charon partition=3 offset=812 detail="…"
 *         Values with blanks or quotes are quoted. On systemd (JOURNAL_STREAM set) a <PRI> prefix replaces
 * time and level. Threads any; one write(2) a line. errno is left as it was. Secrets are never passed; a
 * database URI is not logged but by host and name.
 */
#ifndef IKEWATCH_BASE_LOG_H
#define IKEWATCH_BASE_LOG_H

#include "classify/base/span.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* Only lines at or above this level are written; default info. @thread main, before others start */
void log_init(enum log_level level);

/**
 * @param name    dotted: room.thing, a constant; people grep for it
 * @param format  printf of the tags: "topic=%s partition=%d"; a value that may hold blanks goes through
 * log_quote()
 */
void log_write(enum log_level level, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A text as a quoted, escaped value in a static per-thread buffer (4 in turn, 512 bytes each): log_warn("x",
 * "detail=%s", log_quote(text)) */
const char *log_quote(const char *text);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
