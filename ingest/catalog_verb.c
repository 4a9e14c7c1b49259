/* `ikewatch catalog`: the templates and causes, listed or tested by their own samples. */
#include "classify/match.h"
#include "ingest/catalog_print.h"
#include "ingest/ingest.h"
#include "ingest/knowledge.h"

#include <stdio.h>
#include <stdlib.h>

enum { FORMAT_TEXT, FORMAT_MD, FORMAT_JSON };

static struct catalog_options {
    int format;
    char *catalogue_dir;
} options;

static const struct setting rows[] = {
    {"catalog", "format", SETTING_ENUM, offsetof(struct catalog_options, format), "text", NULL, NULL,
        "text md json", 'f', "format", NULL, "of `list`: a table, the page in Markdown, or JSON"},
    {"classify", "catalogue", SETTING_TEXT, offsetof(struct catalog_options, catalogue_dir), NULL, NULL, NULL,
        NULL, 0, "catalogue", "DIR", "directory of *.ini with more message templates and causes"},
};
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

static int wrong(const struct template *t, int sample, const char *what, const char *detail)
{
    printf("%s: [%s] sample %d: %s%s\n", t->file, t->id, sample + 1, what, detail);
    return 1;
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!memchr("0123456789abcdefABCDEFx", s.ptr[i], 23))
            return false;
    return s.len > 0;
}

static bool fits(char kind, struct span value)
{
    uint64_t number;
    struct addr addr;
    switch (kind) {
    case 'u':
        return span_u64(value, &number);
    case 'x':
        return is_hex(value);
    case 'a':
        return addr_read(value, &addr) || span_eq(value, SPAN("%any"));
    default:
        return true;
    }
}

/* Each {name:k} of the text has a value of its kind. @return how many do not */
static int test_fields(const struct template *t, int sample, const struct captures *got)
{
    int failed = 0;
    for (const char *s = strchr(t->text, '{'); s; s = strchr(s, '{')) {
        const char *close = strchr(++s, '}');
        if (!close || close - s < 3 || close[-2] != ':')
            continue;
        int field = event_field_by_name(span_from(s, (size_t)(close - s) - 2));
        if (field < 0)
            continue;
        if (!(got->set >> field & 1))
            failed += wrong(t, sample, "is not captured: ", s);
        else if (!fits(close[-1], got->text[field]))
            failed += wrong(t, sample, "has no value of its kind: ", s);
    }
    return failed;
}

static int test_template(const struct catalogue *cat, struct match_scratch *scratch, size_t id)
{
    const struct template *t = catalogue_template(cat, id);
    int failed = 0, sample = 0;
    if (!t->samples[0])
        return wrong(t, 0, "is missing", "");
    for (; sample < TEMPLATE_SAMPLES_MAX && t->samples[sample]; sample++) {
        struct captures got;
        int hit = match_text(cat, scratch, span_of(t->samples[sample]), &got);
        if (hit < 0)
            failed += wrong(t, sample, "matches no template", "");
        else if ((size_t)hit != id)
            failed += wrong(t, sample, "is taken by ", catalogue_template(cat, (size_t)hit)->id);
        else
            failed += test_fields(t, sample, &got);
    }
    return failed;
}

static int test(const struct catalogue *cat)
{
    struct match_scratch *scratch = match_scratch_new(cat);
    size_t count = catalogue_template_count(cat);
    int failed = 0;
    if (!scratch)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        failed += test_template(cat, scratch, i);
    match_scratch_free(scratch);
    printf("%zu templates, %d failures\n", count, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int list(const struct catalogue *cat)
{
    if (options.format == FORMAT_JSON)
        return catalog_print_json(cat);
    if (options.format == FORMAT_MD)
        catalog_print_markdown(cat);
    else
        catalog_print_text(cat);
    return 0;
}

static int run(const char *what, char *const *files, size_t count)
{
    bool testing = strcmp(what, "test") == 0;
    if (!testing && (strcmp(what, "list") != 0 || count)) {
        fprintf(stderr,
            "ikewatch catalog: say `list`, or `test` and perhaps files; not \"%s\"\n"
            "See `ikewatch catalog --help`.\n",
            strcmp(what, "list") ? what : files[0]);
        return ERR_USAGE;
    }
    struct catalogue *cat = knowledge_catalogue_with(options.catalogue_dir, files, count);
    if (!cat)
        return ERR_CATALOGUE;
    int rc = testing ? test(cat) : list(cat);
    catalogue_free(cat);
    return rc;
}

int verb_catalog(int argc, char **argv)
{
    int rest;
    int rc = settings_load("catalog list|test [FILE…]",
        "`list` prints every message template and cause. `test` matches each sample with its own template "
        "and no "
        "other,\nand reads its fields; FILEs (INI) are tested along with the built-in rows.",
        &table, 1, argc, argv, &rest);
    if (rc == 0 && rest == argc)
        rc = run("nothing", NULL, 0);
    else if (rc == 0)
        rc = run(argv[rest], argv + rest + 1, (size_t)(argc - rest) - 1);
    else if (rc > 0)
        rc = EXIT_SUCCESS;
    settings_free(&table, 1);
    return rc;
}
