#include "classify/base/settings_print.h"
#include "classify/base/settings_value.h"

#include <ctype.h>
#include <stdio.h>

void setting_flag(const struct setting *row, char buf[SETTING_NAME_MAX])
{
    if (row->flag_name)
        snprintf(buf, SETTING_NAME_MAX, "%s", row->flag_name);
    else
        snprintf(buf, SETTING_NAME_MAX, "%s-%s", row->section, row->key);
    for (char *p = buf; *p; p++)
        if (*p == '_' || *p == '.')
            *p = '-';
}

void setting_variable(const struct setting *row, char buf[SETTING_NAME_MAX])
{
    snprintf(buf, SETTING_NAME_MAX, "IKEWATCH_%s_%s", row->section, row->key);
    for (char *p = buf; *p; p++)
        *p = *p == '.' || *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

bool setting_by_file(const struct setting *row)
{
    return row->type == SETTING_SECRET && !row->flag_name;
}

bool setting_repeats(const struct settings_table *tables, size_t table, size_t row)
{
    const struct setting *me = &tables[table].rows[row];
    for (size_t t = 0; t <= table; t++)
        for (size_t r = 0; r < (t == table ? row : tables[t].count); r++) {
            const struct setting *other = &tables[t].rows[r];
            if (strcmp(other->section, me->section) == 0 && strcmp(other->key, me->key) == 0)
                return true;
        }
    return false;
}

static const char *value_word(const struct setting *row)
{
    static const char *const words[] = {[SETTING_TEXT] = "TEXT",
        [SETTING_SECRET] = "TEXT",
        [SETTING_UINT] = "N",
        [SETTING_DURATION] = "TIME",
        [SETTING_BYTES] = "SIZE",
        [SETTING_BOOL] = "",
        [SETTING_ENUM] = "WORD",
        [SETTING_LIST] = "TEXT"};
    if (setting_by_file(row))
        return "PATH";
    return row->unit && *row->unit && (row->type == SETTING_TEXT || row->type == SETTING_LIST)
               ? row->unit
               : words[row->type];
}

static void print_help_row(const struct setting *row)
{
    char flag[SETTING_NAME_MAX], variable[SETTING_NAME_MAX], allowed[160];
    const char *word = value_word(row), *unit = row->type == SETTING_UINT && row->unit ? row->unit : "";

    setting_flag(row, flag);
    setting_variable(row, variable);
    if (row->flag)
        printf("  -%c, --%s", row->flag, flag);
    else
        printf("      --%s", flag);
    printf("%s%s%s\n", setting_by_file(row) ? "-file" : "", *word ? " " : "[=yes|no]", word);
    printf("          %s", row->help);
    if (row->type != SETTING_TEXT && row->type != SETTING_SECRET && row->type != SETTING_BOOL) {
        setting_allowed(row, allowed, sizeof(allowed));
        printf("; %s", allowed);
    }
    if (row->fallback)
        printf(" (default %s%s%s)", row->fallback, *unit ? " " : "", unit);
    printf("\n          [%s] %s, %s\n", row->section, row->key, variable);
}

void settings_print_help(
    const char *verb, const char *about, const struct settings_table *tables, size_t table_count)
{
    size_t name = strcspn(verb, " ");
    printf("Usage: ikewatch %.*s [OPTION]…%s\n%s\n\n", (int)name, verb, verb + name, about);
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t].count; r++)
            if (!setting_repeats(tables, t, r))
                print_help_row(&tables[t].rows[r]);
    printf("  -c, --config FILE\n"
           "          settings file, conf.d/*.conf beside it are read after it\n"
           "          IKEWATCH_CONF (default /etc/ikewatch/ikewatch.conf if there is one)\n"
           "  -h, --help\n"
           "      --version\n\n"
           "Each option is also a setting of the file and an environment variable, as named below it.\n"
           "Command line is stronger than environment, environment than file.\n");
}

/* A cell of a Markdown table. */
static void print_cell(const char *text)
{
    for (const char *p = text ? text : ""; *p; p++)
        printf(*p == '|' ? "\\|" : "%c", *p);
}

/* Does an earlier row of the tables stand in the same section? */
static bool section_repeats(const struct settings_table *tables, size_t table, size_t row)
{
    for (size_t t = 0; t <= table; t++)
        for (size_t r = 0; r < (t == table ? row : tables[t].count); r++)
            if (strcmp(tables[t].rows[r].section, tables[table].rows[row].section) == 0)
                return true;
    return false;
}

/* A section at a time, in order of their first row: a room's section may hold rows of another. */
static void print_sections(const struct settings_table *tables, size_t table_count,
    void (*head)(const char *section), void (*print)(const struct setting *row, const void *options))
{
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t].count; r++) {
            const char *section = tables[t].rows[r].section;
            if (section_repeats(tables, t, r))
                continue;
            head(section);
            for (size_t u = t; u < table_count; u++)
                for (size_t q = 0; q < tables[u].count; q++)
                    if (strcmp(tables[u].rows[q].section, section) == 0 && !setting_repeats(tables, u, q))
                        print(&tables[u].rows[q], tables[u].options);
        }
}

static void print_page_head(const char *section)
{
    printf("\n## [%s]\n\n| key | default | allowed | flag | environment | meaning "
           "|\n|---|---|---|---|---|---|\n",
        section);
}

static void print_page_row(const struct setting *row, const void *options)
{
    char flag[SETTING_NAME_MAX], variable[SETTING_NAME_MAX], allowed[160];

    (void)options;
    setting_flag(row, flag);
    setting_variable(row, variable);
    setting_allowed(row, allowed, sizeof(allowed));
    printf("| `%s` | %s | %s | ", row->key, row->fallback ? row->fallback : "–", allowed);
    if (row->flag)
        printf("`-%c` ", row->flag);
    printf("`--%s%s` | `%s` | ", flag, setting_by_file(row) ? "-file" : "", variable);
    print_cell(row->help);
    printf(" |\n");
}

void settings_print_markdown(const struct settings_table *tables, size_t table_count)
{
    printf("# Settings\n\nMade by `ikewatch config --format markdown`. Command line is stronger than "
           "environment, environment\n"
           "than file (`ikewatch.conf`, then `conf.d/*.conf` beside it in order of name).\n");
    print_sections(tables, table_count, print_page_head, print_page_row);
}

/* A URI's password is a secret wherever it stands. */
static void print_without_password(const char *text)
{
    const char *scheme = strstr(text, "://"), *start = scheme ? scheme + 3 : text;
    const char *at = strpbrk(start, "@/?");
    const char *colon = scheme ? memchr(start, ':', strcspn(start, "@/?")) : NULL;
    const char *word = strstr(text, "password=");

    if (scheme && at && *at == '@' && colon)
        printf("%.*s***%s", (int)(colon + 1 - text), text, at);
    else if (word)
        printf("%.*s***%s", (int)(word + 9 - text), text, word + 9 + strcspn(word + 9, " &"));
    else
        printf("%s", text);
}

static void print_lines(const char *key, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        printf("%s%.*s\n", key, (int)len, text);
        text += len + (text[len] == '\n');
        key = "    ";
    }
}

static void print_effective_row(const struct setting *row, const void *options)
{
    char buf[SETTING_TEXT_MAX], key[SETTING_NAME_MAX];
    const char *text = setting_text(row, options, buf);

    printf("# %s\n", settings_origin(row));
    if (!text) {
        printf("# %s is not set\n", row->key);
        return;
    }
    snprintf(key, sizeof(key), "%s = ", row->key);
    if (row->type == SETTING_LIST) {
        print_lines(key, text);
        return;
    }
    printf("%s", key);
    if (row->type == SETTING_SECRET)
        printf("***");
    else
        print_without_password(text);
    printf("\n");
}

static void print_effective_head(const char *section)
{
    printf("\n[%s]\n", section);
}

void settings_print_effective(const struct settings_table *tables, size_t table_count)
{
    printf("# ikewatch %s\n", IKEWATCH_VERSION);
    print_sections(tables, table_count, print_effective_head, print_effective_row);
}
