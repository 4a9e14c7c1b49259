/*
 * settings_flags.h — a verb's command line by getopt_long(): read whole before the file it may name. Used by
 * settings.c only.
 */
#ifndef IKEWATCH_BASE_SETTINGS_FLAGS_H
#define IKEWATCH_BASE_SETTINGS_FLAGS_H

#include "classify/base/settings_print.h"

#include <getopt.h>

enum { FLAGS_MAX = 256 };

struct settings_flags {
    const char *verb;
    const char *config_file; /* of -c, else NULL */
    bool help, version;
    struct {
        const struct setting *row;
        const char *name; /* long, without the dashes */
        const char *text;
    } given[FLAGS_MAX]; /* in the order of the command line */
    size_t given_count;

    struct option longs[FLAGS_MAX];
    char names[FLAGS_MAX][SETTING_NAME_MAX];
    const struct setting *rows[FLAGS_MAX]; /* NULL: -c, -h, --version */
    size_t count;
    char shorts[FLAGS_MAX];
};

/* @return NULL if memory is short. The tables outlive it. */
struct settings_flags *settings_flags_new(
    const char *verb, const struct settings_table *tables, size_t table_count);
void settings_flags_free(struct settings_flags *f); /* NULL is fine */

/* @return 0 or ERR_USAGE, said on stderr; argv is permuted, *rest is its first argument that is no option. */
int settings_flags_read(struct settings_flags *f, int argc, char **argv, int *rest);

#endif
