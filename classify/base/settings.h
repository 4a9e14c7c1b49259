/*
 * settings.h — one table of settings for file, environment and command line.
 *
 * Each room has a settings.def of rows and an options struct that they fill; main.c gives the tables of the
 * rooms that a verb uses. Order of strength: flags > environment > file > default (design 3, "How it is
 * called"). file         [section] key = value in ikewatch.conf, then conf.d/NAME.conf in order of name
 * (inih) environment  IKEWATCH_SECTION_KEY, dots and dashes as _ flag         --section-key VALUE for every
 * row, plus the short names a row declares Errors name the file and line (or the flag, the variable), the
 * value, and what is allowed. An unknown section, key or flag is an error; a near miss is suggested. The file
 * is -c FILE, else $IKEWATCH_CONF, else /etc/ikewatch/ikewatch.conf if there is one; conf.d stands beside it.
 * A file may hold settings of other verbs: all tables are made known by settings_known(). A setting that
 * stands in the tables of two rooms fills both. Of one verb no two settings share a flag. Secrets:
 * SETTING_SECRET is refused on the command line, never printed; KEY_file names a file that holds it.
 */
#ifndef IKEWATCH_BASE_SETTINGS_H
#define IKEWATCH_BASE_SETTINGS_H

#include "classify/base/span.h"

enum setting_type {
    SETTING_TEXT,     /* char *, malloc()ed, freed by settings_free(); NULL when unset and default NULL */
    SETTING_SECRET,   /* the same */
    SETTING_UINT,     /* uint64_t */
    SETTING_DURATION, /* int64_t milliseconds; written 250ms 10s 15m 24h 400d */
    SETTING_BYTES,    /* uint64_t; written 512 64K 256M 2G */
    SETTING_BOOL,     /* bool; yes no on off true false 1 0 */
    SETTING_ENUM,     /* int, index into `choices`, blank-separated */
    SETTING_LIST,     /* char *: may be given more than once, joined by newline (-X prop=val) */
};

struct setting {
    const char *section, *key;
    enum setting_type type;
    size_t offset;           /* of the field in the room's options struct */
    const char *fallback;    /* the default, written as in a file; NULL: unset */
    const char *min, *max;   /* written the same way; NULL: no bound */
    const char *choices;     /* of SETTING_ENUM */
    char flag;               /* one-letter name, 0: none */
    const char *flag_name;   /* long name if not section-key, e.g. "brokers" */
    const char *unit, *help; /* for --help and the generated page */
};

/* A room's rows and the struct they fill. */
struct settings_table {
    const struct setting *rows;
    size_t count;
    void *options;
};

/* Every table of the program, so that a file or variable meant for another verb is no error. @thread main,
 * once */
void settings_known(const struct settings_table *const *tables, size_t count);

/**
 * Fill the options of all tables: defaults, files, environment, then argv. --help, --version and -c FILE are
 * understood.
 * @param verb  for messages and --help; may name its arguments: "analyze FILE…"
 * @param rest  out: index in argv (permuted) of the first argument that is no option
 * @return 0; ERR_USAGE or ERR_CONFIG (said on stderr already); 1: --help or --version was answered, end with
 * success
 * @thread main
 */
int settings_load(const char *verb, const char *about, const struct settings_table *tables,
    size_t table_count, int argc, char **argv, int *rest);
void settings_free(const struct settings_table *tables, size_t table_count);

/* The reference page of the tables, Markdown, to stdout. */
void settings_print_markdown(const struct settings_table *tables, size_t table_count);

/* The effective values as an ikewatch.conf with where each came from, secrets as ***; to stdout (`ikewatch
 * config`). */
void settings_print_effective(const struct settings_table *tables, size_t table_count);

#endif
