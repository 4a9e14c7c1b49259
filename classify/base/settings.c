#include "classify/base/settings.h"
#include "classify/base/err.h"
#include "classify/base/settings_flags.h"
#include "classify/base/settings_print.h"
#include "classify/base/settings_value.h"
#include "classify/base/suggest.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

enum { ROWS_MAX = 256, WHERE_MAX = 320, SECRET_FILE_MAX = 4096, LINE_MAX_BYTES = 65536 };
static const char default_file[] = "/etc/ikewatch/ikewatch.conf";

enum strength { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG };

struct origin {
    const struct setting *row;
    enum strength strength;
    char where[WHERE_MAX];
};

static struct origin origins[ROWS_MAX];
static size_t origin_count;
static const struct settings_table *const *known;
static size_t known_count;

/* One call of settings_load(). */
struct loading {
    const char *verb;
    const struct settings_table *tables;
    size_t count;
    int faults;
    const char *file; /* being read */
    int line;
    FILE *stream;
};

void settings_known(const struct settings_table *const *tables, size_t count)
{
    known = tables;
    known_count = count;
}

static struct origin *origin_of(const struct setting *row)
{
    for (size_t i = 0; i < origin_count; i++)
        if (origins[i].row == row)
            return &origins[i];
    assert(origin_count < ROWS_MAX);
    origins[origin_count] = (struct origin){.row = row, .where = "default"};
    return &origins[origin_count++];
}

const char *settings_origin(const struct setting *row)
{
    return origin_of(row)->where;
}

__attribute__((format(printf, 2, 3))) static void fault(struct loading *l, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "ikewatch %.*s: %s\n", (int)strcspn(l->verb, " "), l->verb, text);
    l->faults++;
}

static bool is_row(const struct setting *row, const char *section, const char *key)
{
    return strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0;
}

/* "token_file" names the file of the secret "token". */
static bool is_secret_file(const struct setting *row, const char *section, const char *key)
{
    size_t n = strlen(row->key);
    return row->type == SETTING_SECRET && strcmp(row->section, section) == 0 &&
           strncmp(row->key, key, n) == 0 && strcmp(key + n, "_file") == 0;
}

/* The first line of a secret's file. @return malloc()ed or NULL, said */
static char *read_secret(struct loading *l, const char *path, const char *where)
{
    char line[SECRET_FILE_MAX];
    FILE *f = fopen(path, "re");
    char *got = f ? fgets(line, sizeof(line), f) : NULL;
    if (!got)
        fault(l, "%s: cannot read the secret in %s: %s", where, path,
            f && !ferror(f) ? "it is empty" : strerror(errno));
    if (f)
        fclose(f);
    if (!got)
        return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    return strdup(line);
}

static void apply_row(struct loading *l, const struct settings_table *t, const struct setting *row,
    const char *text, enum strength strength, const char *where)
{
    struct origin *o = origin_of(row);
    char why[160];
    size_t source = strcspn(where, ":"); /* of a file: its name, without the line */
    bool more = row->type == SETTING_LIST && o->strength == strength &&
                (strength == FROM_FLAG ||
                    (strncmp(o->where, where, source) == 0 && o->where[source] == where[source]));

    if (more ? !setting_append(row, t->options, text)
             : !setting_set(row, t->options, text, why, sizeof(why))) {
        setting_allowed(row, why, sizeof(why));
        fault(l, "%s: \"%s\" is no value for [%s] %s; allowed: %s", where, text, row->section, row->key, why);
        return;
    }
    o->strength = strength;
    snprintf(o->where, sizeof(o->where), "%s", where);
}

/* Into every table that has it. @return whether one has */
static bool apply(struct loading *l, const char *section, const char *key, const char *text,
    enum strength strength, const char *where)
{
    bool found = false;
    for (size_t t = 0; t < l->count; t++)
        for (size_t r = 0; r < l->tables[t].count; r++) {
            const struct setting *row = &l->tables[t].rows[r];
            if (is_row(row, section, key)) {
                apply_row(l, &l->tables[t], row, text, strength, where);
                found = true;
            } else if (is_secret_file(row, section, key)) {
                char *secret = read_secret(l, text, where);
                if (secret)
                    apply_row(l, &l->tables[t], row, secret, strength, where);
                free(secret);
                found = true;
            }
        }
    return found;
}

static bool is_known(const char *section, const char *key)
{
    for (size_t t = 0; t < known_count; t++)
        for (size_t r = 0; r < known[t]->count; r++)
            if (is_row(&known[t]->rows[r], section, key) || is_secret_file(&known[t]->rows[r], section, key))
                return true;
    return false;
}

static void consider_row(const struct setting *row, const char *section, const char *key,
    const char **near_section, const char **near_key)
{
    suggest_consider(section, row->section, near_section);
    if (strcmp(section, row->section) == 0)
        suggest_consider(key, row->key, near_key);
}

static void fault_unknown(struct loading *l, const char *section, const char *key, const char *where)
{
    const char *near_section = NULL, *near_key = NULL;
    for (size_t t = 0; t < l->count; t++)
        for (size_t r = 0; r < l->tables[t].count; r++)
            consider_row(&l->tables[t].rows[r], section, key, &near_section, &near_key);
    for (size_t t = 0; t < known_count; t++)
        for (size_t r = 0; r < known[t]->count; r++)
            consider_row(&known[t]->rows[r], section, key, &near_section, &near_key);

    if (!near_section)
        fault(l, "%s: unknown section [%s]; `ikewatch config` lists them", where, section);
    else if (strcmp(near_section, section) != 0)
        fault(l, "%s: unknown section [%s]; did you mean [%s]?", where, section, near_section);
    else if (near_key)
        fault(l, "%s: unknown key \"%s\" in [%s]; did you mean \"%s\"?", where, key, section, near_key);
    else
        fault(l, "%s: unknown key \"%s\" in [%s]; `ikewatch config` lists them", where, key, section);
}

/* Lines are counted here, as Debian's inih does not hand them to the handler. */
static char *read_ini_line(char *buf, int cap, void *ctx)
{
    struct loading *l = ctx;
    char *got = fgets(buf, cap, l->stream);
    if (got && strchr(buf, '\n'))
        l->line++;
    return got;
}

static int take_ini_value(void *ctx, const char *section, const char *key, const char *value)
{
    struct loading *l = ctx;
    char where[WHERE_MAX];
    snprintf(where, sizeof(where), "%s:%d", l->file, l->line);
    if (!apply(l, section, key, value, FROM_FILE, where) && !is_known(section, key))
        fault_unknown(l, section, key, where);
    return 1;
}

/* inih's switches are global: the catalogue, read by it too, keeps its own. */
static int parse(struct loading *l)
{
    const bool comments = ini_allow_inline_comments, stack = ini_use_stack, grow = ini_allow_realloc;
    const int longest = ini_max_line;
    ini_allow_inline_comments = false; /* a value goes to the end of its line: a password may hold " ;" */
    ini_use_stack = false;             /* else a line ends at 200 bytes */
    ini_allow_realloc = true;
    ini_max_line = LINE_MAX_BYTES;
    int bad = ini_parse_stream(read_ini_line, l, take_ini_value, l);
    ini_allow_inline_comments = comments;
    ini_use_stack = stack;
    ini_allow_realloc = grow;
    ini_max_line = longest;
    return bad;
}

static void load_file(struct loading *l, const char *path, bool must)
{
    l->stream = fopen(path, "re");
    if (!l->stream) {
        if (must || errno != ENOENT)
            fault(l, "cannot read %s: %s", path, strerror(errno));
        return;
    }
    l->file = path;
    l->line = 0;
    int bad = parse(l);
    if (bad > 0)
        fault(l, "%s:%d: neither [section] nor key = value", path, bad);
    else if (bad < 0)
        fault(l, "%s: cannot be read", path);
    fclose(l->stream);
}

static int is_conf(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_directory(struct loading *l, const char *beside)
{
    char path[4096];
    struct dirent **names = NULL;
    const char *slash = strrchr(beside, '/');
    int dir = snprintf(path, sizeof(path), "%.*sconf.d", slash ? (int)(slash + 1 - beside) : 0, beside);
    if (dir < 0 || (size_t)dir >= sizeof(path))
        return;
    int n = scandir(path, &names, is_conf, by_bytes);
    for (int i = 0; i < n; i++) {
        int len = snprintf(path + dir, sizeof(path) - (size_t)dir, "/%s", names[i]->d_name);
        if (len > 0 && (size_t)len < sizeof(path) - (size_t)dir)
            load_file(l, path, true);
        free(names[i]);
    }
    free(names);
}

static void load_files(struct loading *l, const char *given)
{
    const char *file = given ? given : getenv("IKEWATCH_CONF");
    if (file) {
        load_file(l, file, true);
    } else {
        file = default_file;
        if (access(file, R_OK) != 0 && errno == EACCES) {
            fprintf(stderr, "ikewatch: no right to read %s, going on without it\n", file);
            return;
        }
        load_file(l, file, false);
    }
    load_directory(l, file);
}

/* Is the variable's name that of a row, or of its secret's file? */
static bool is_variable(const struct setting *row, const char *entry, size_t len)
{
    char name[SETTING_NAME_MAX];
    setting_variable(row, name);
    size_t n = strlen(name);
    return strncmp(entry, name, n) == 0 &&
           (len == n || (row->type == SETTING_SECRET && len == n + 5 && strncmp(entry + n, "_FILE", 5) == 0));
}

static void load_variable(struct loading *l, const char *entry, size_t len)
{
    char where[WHERE_MAX], key[SETTING_NAME_MAX];
    const char *nearest = NULL;
    static char name[SETTING_NAME_MAX], best[SETTING_NAME_MAX];

    span_copy(where, sizeof(where), span_from(entry, len));
    for (size_t t = 0; t < l->count; t++)
        for (size_t r = 0; r < l->tables[t].count; r++) {
            const struct setting *row = &l->tables[t].rows[r];
            if (!is_variable(row, entry, len))
                continue;
            setting_variable(row, name);
            snprintf(key, sizeof(key), "%s%s", row->key, len == strlen(name) ? "" : "_file");
            apply(l, row->section, key, entry + len + 1, FROM_ENVIRONMENT, where);
            return;
        }
    for (size_t t = 0; t < known_count; t++)
        for (size_t r = 0; r < known[t]->count; r++) {
            if (is_variable(&known[t]->rows[r], entry, len))
                return;
            const char *before = nearest;
            setting_variable(&known[t]->rows[r], name);
            suggest_consider(where, name, &nearest);
            if (nearest != before) {
                memcpy(best, name, sizeof(best));
                nearest = best;
            }
        }
    fprintf(stderr, "ikewatch: the variable %s is no setting%s%s\n", where, nearest ? ", did you mean " : "",
        nearest ? nearest : "");
}

static void load_environment(struct loading *l)
{
    for (char **e = environ; *e; e++) {
        size_t len = strcspn(*e, "=");
        if (strncmp(*e, "IKEWATCH_", 9) == 0 && (*e)[len] == '=' && strncmp(*e, "IKEWATCH_CONF=", 14) != 0)
            load_variable(l, *e, len);
    }
}

static void load_flags(struct loading *l, const struct settings_flags *f)
{
    char key[SETTING_NAME_MAX], where[WHERE_MAX];
    for (size_t i = 0; i < f->given_count; i++) {
        const struct setting *row = f->given[i].row;
        snprintf(where, sizeof(where), "--%s", f->given[i].name);
        snprintf(key, sizeof(key), "%s%s", row->key, setting_by_file(row) ? "_file" : "");
        apply(l, row->section, key, f->given[i].text, FROM_FLAG, where);
    }
}

static void load_defaults(struct loading *l)
{
    char why[160];
    for (size_t t = 0; t < l->count; t++)
        for (size_t r = 0; r < l->tables[t].count; r++) {
            const struct setting *row = &l->tables[t].rows[r];
            *origin_of(row) = (struct origin){.row = row, .where = "default"};
            if (!setting_set(row, l->tables[t].options, row->fallback, why, sizeof(why)))
                fault(
                    l, "the default \"%s\" of [%s] %s is not %s", row->fallback, row->section, row->key, why);
        }
}

int settings_load(const char *verb, const char *about, const struct settings_table *tables,
    size_t table_count, int argc, char **argv, int *rest)
{
    struct loading l = {.verb = verb, .tables = tables, .count = table_count};
    struct settings_flags *flags = settings_flags_new(verb, tables, table_count);
    if (!flags)
        return ERR_NOMEM;
    load_defaults(&l);
    int rc = settings_flags_read(flags, argc, argv, rest);
    if (rc)
        goto out;
    if (flags->help || flags->version) {
        if (flags->help)
            settings_print_help(verb, about, tables, table_count);
        else
            printf("ikewatch %s\n", IKEWATCH_VERSION);
        rc = 1;
        goto out;
    }
    load_files(&l, flags->config_file);
    load_environment(&l);
    rc = l.faults ? ERR_CONFIG : 0;
    load_flags(&l, flags);
    if (!rc && l.faults)
        rc = ERR_USAGE;
out:
    settings_flags_free(flags);
    return rc;
}

void settings_free(const struct settings_table *tables, size_t table_count)
{
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t].count; r++)
            setting_free(&tables[t].rows[r], tables[t].options);
}
