#include "ingest/catalog_print.h"

#include "ingest/explain_fact.h"

#include <jansson.h>
#include <stdio.h>

static const char *file_name(const struct template *t)
{
    const char *slash = strrchr(t->file, '/');
    return slash ? slash + 1 : t->file;
}

static const char *or_dash(const char *text)
{
    return text && text[0] ? text : "-";
}

void catalog_print_text(const struct catalogue *cat)
{
    for (size_t i = 0; i < catalogue_template_count(cat); i++) {
        const struct template *t = catalogue_template(cat, i);
        printf("%-44s %-4s %-22s %-20s %s\n", t->id, or_dash(t->group), event_kind_name(t->event),
            or_dash(fact_name((enum fact)t->fact)), t->text);
    }
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        printf("cause %-38s %-8s %s\n", c->slug, or_dash(c->side), or_dash(c->title_en));
    }
}

/* In a cell of a table: no bar, and inside a code span no backtick. */
static void put_cell(const char *text, bool code)
{
    fputs(code ? "`" : "", stdout);
    for (const char *s = or_dash(text); *s; s++) {
        if (*s == '|')
            fputs("\\|", stdout);
        else
            putchar(code && *s == '`' ? '\'' : *s);
    }
    fputs(code ? "` | " : " | ", stdout);
}

static void put_row(const struct template *t)
{
    fputs("| ", stdout);
    put_cell(t->id, false);
    put_cell(t->group, false);
    put_cell(event_kind_name(t->event), false);
    put_cell(fact_name((enum fact)t->fact), false);
    put_cell(t->text, true);
    put_cell(t->samples[0], true);
    put_cell(t->source, false);
    putchar('\n');
}

static void put_causes(const struct catalogue *cat)
{
    puts("\n## Causes\n\n| cause | side | title | 日本語 | verdict | 判定 |\n|---|---|---|---|---|---|");
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        fputs("| ", stdout);
        put_cell(c->slug, false);
        put_cell(c->side, false);
        put_cell(c->title_en, false);
        put_cell(c->title_ja, false);
        put_cell(c->verdict_en, false);
        put_cell(c->verdict_ja, false);
        putchar('\n');
    }
}

void catalog_print_markdown(const struct catalogue *cat)
{
    const char *file = "";
    printf("# The catalogue: %zu messages, %zu causes\n\n", catalogue_template_count(cat),
        catalogue_cause_count(cat));
    puts("Generated: `ikewatch catalog list --format md >classify/catalog/README.md`. The grammar of a text "
         "is in `classify/catalog.h`,\nthe events in `classify/event.def`, the facts in `classify/fact.def`. "
         "The line's head, `TT[GRP] <conn|uid> `, is not part of a text.");
    for (size_t i = 0; i < catalogue_template_count(cat); i++) {
        const struct template *t = catalogue_template(cat, i);
        if (strcmp(t->file, file) != 0)
            printf("\n## %s\n\n| message | group | event | fact | text | sample | source |\n"
                   "|---|---|---|---|---|---|---|\n",
                file_name(t));
        file = t->file;
        put_row(t);
    }
    put_causes(cat);
}

static json_t *json_of_template(const struct template *t)
{
    json_t *samples = json_array();
    for (int i = 0; i < TEMPLATE_SAMPLES_MAX; i++)
        if (t->samples[i])
            json_array_append_new(samples, json_string(t->samples[i]));
    return json_pack("{s:s s:s s:s? s:s s:s? s:s? s:s s:s? s:o}", "id", t->id, "file", file_name(t), "group",
        t->group, "event", event_kind_name(t->event), "fact", t->fact ? fact_name((enum fact)t->fact) : NULL,
        "fact_meaning", t->fact ? explain_fact((enum fact)t->fact) : NULL, "text", t->text, "source",
        t->source, "samples", samples);
}

static json_t *json_of_lines(const char *text)
{
    json_t *array = json_array();
    for (size_t n; text && *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        json_array_append_new(array, json_stringn(text, n));
    }
    return array;
}

static json_t *json_of_cause(const struct cause *c)
{
    json_t *o = json_pack("{s:s s:s s:s s:s s:s s:s s:s s:s s:s? s:s? s:s? s:s}", "cause", c->slug, "side",
        c->side, "title_en", c->title_en, "title_ja", c->title_ja, "verdict_en", c->verdict_en, "verdict_ja",
        c->verdict_ja, "explain_en", c->explain_en, "explain_ja", c->explain_ja, "enable_en", c->enable_en,
        "enable_ja", c->enable_ja, "needs", c->needs, "source", c->source);
    json_object_set_new(o, "verify_en", json_of_lines(c->verify_en));
    json_object_set_new(o, "verify_ja", json_of_lines(c->verify_ja));
    json_object_set_new(o, "mend_en", json_of_lines(c->mend_en));
    json_object_set_new(o, "mend_ja", json_of_lines(c->mend_ja));
    return o;
}

int catalog_print_json(const struct catalogue *cat)
{
    json_t *messages = json_array(), *causes = json_array();
    for (size_t i = 0; i < catalogue_template_count(cat); i++)
        json_array_append_new(messages, json_of_template(catalogue_template(cat, i)));
    for (size_t i = 0; i < catalogue_cause_count(cat); i++)
        json_array_append_new(causes, json_of_cause(catalogue_cause_at(cat, i)));
    json_t *all = json_pack("{s:o s:o}", "messages", messages, "causes", causes);
    int rc = all && json_dumpf(all, stdout, JSON_INDENT(1)) == 0 ? 0 : ERR_NOMEM;
    putchar('\n');
    json_decref(all);
    return rc;
}
