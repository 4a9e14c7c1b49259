#include "classify/base/settings_flags.h"
#include "classify/base/err.h"
#include "classify/base/suggest.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPTION_BASE = 1000 }; /* getopt_long() gives OPTION_BASE + index; below it are letters */
enum { OWN_CONFIG, OWN_HELP, OWN_VERSION };

__attribute__((format(printf, 2, 3))) static int usage(
    const struct settings_flags *f, const char *format, ...)
{
    char text[512];
    va_list args;
    int name = (int)strcspn(f->verb, " ");
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "ikewatch %.*s: %s\nSee `ikewatch %.*s --help`.\n", name, f->verb, text, name, f->verb);
    return ERR_USAGE;
}

static void add_letter(struct settings_flags *f, char letter, int argument)
{
    size_t n = strlen(f->shorts);
    assert(!strchr(f->shorts, letter) &&
           n + 3 < sizeof(f->shorts)); /* two settings of one verb with the same letter */
    f->shorts[n++] = letter;
    if (argument == required_argument)
        f->shorts[n++] = ':';
    f->shorts[n] = '\0';
}

static void add(
    struct settings_flags *f, const struct setting *row, const char *name, char letter, int argument)
{
    size_t i = f->count++;
    assert(f->count < FLAGS_MAX);
    snprintf(f->names[i], SETTING_NAME_MAX, "%s", name);
    f->rows[i] = row;
    f->longs[i] = (struct option){f->names[i], argument, NULL, OPTION_BASE + (int)i};
    if (letter)
        add_letter(f, letter, argument);
}

struct settings_flags *settings_flags_new(
    const char *verb, const struct settings_table *tables, size_t table_count)
{
    char name[SETTING_NAME_MAX];
    struct settings_flags *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->verb = verb;
    f->shorts[0] = ':'; /* tell a missing argument from an unknown option */
    add(f, NULL, "config", 'c', required_argument);
    add(f, NULL, "help", 'h', no_argument);
    add(f, NULL, "version", 0, no_argument);
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t].count; r++) {
            const struct setting *row = &tables[t].rows[r];
            if (setting_repeats(tables, t, r))
                continue;
            setting_flag(row, name);
            if (setting_by_file(row)) { /* the plain name is known in order to be refused */
                add(f, row, name, 0, optional_argument);
                span_copy(name + strlen(name), sizeof(name) - strlen(name), SPAN("-file"));
            }
            add(f, row, name, row->flag, row->type == SETTING_BOOL ? optional_argument : required_argument);
        }
    return f;
}

void settings_flags_free(struct settings_flags *f)
{
    free(f);
}

static int unknown(const struct settings_flags *f, const char *argument)
{
    const char *best = NULL;
    char word[SETTING_NAME_MAX];

    if (argument[0] != '-' || argument[1] != '-')
        return usage(f, "unknown option -%c", optopt);
    span_copy(word, sizeof(word), span_from(argument + 2, strcspn(argument + 2, "=")));
    for (size_t i = 0; i < f->count; i++)
        suggest_consider(word, f->names[i], &best);
    return best ? usage(f, "unknown option --%s; did you mean --%s?", word, best)
                : usage(f, "unknown option --%s", word);
}

static size_t index_of_letter(const struct settings_flags *f, int letter)
{
    size_t i = letter == 'c' ? OWN_CONFIG : letter == 'h' ? OWN_HELP : OWN_VERSION + 1;
    while (i > OWN_VERSION && f->rows[i]->flag != letter)
        i++;
    return i;
}

static int take(struct settings_flags *f, size_t i, const char *text)
{
    switch (f->rows[i] ? -1 : (int)i) {
    case OWN_CONFIG:
        f->config_file = text;
        return 0;
    case OWN_HELP:
        f->help = true;
        return 0;
    case OWN_VERSION:
        f->version = true;
        return 0;
    default:
        if (setting_by_file(f->rows[i]) && f->rows[i + 1] == f->rows[i])
            return usage(f,
                "--%s: a secret is not taken from the command line, where others see it; use --%s PATH",
                f->names[i], f->names[i + 1]);
        if (f->given_count == FLAGS_MAX)
            return usage(f, "more than %d options", FLAGS_MAX);
        f->given[f->given_count].row = f->rows[i];
        f->given[f->given_count].name = f->names[i];
        f->given[f->given_count++].text = text ? text : "yes";
        return 0;
    }
}

int settings_flags_read(struct settings_flags *f, int argc, char **argv, int *rest)
{
    int got, rc = 0;
    optind = 0; /* GNU: start anew, whatever was read before */
    opterr = 0;
    while (rc == 0 && (got = getopt_long(argc, argv, f->shorts, f->longs, NULL)) != -1) {
        /* argv[optind - 1] is the argument just read, unless it was a letter in a group */
        const char *argument = argv[optind > 0 ? optind - 1 : 0];
        if (got == ':')
            rc = usage(f, "%s needs a value", argument);
        else if (got == '?')
            rc = unknown(f, argument);
        else
            rc = take(f, got >= OPTION_BASE ? (size_t)(got - OPTION_BASE) : index_of_letter(f, got), optarg);
    }
    *rest = optind;
    return rc;
}
