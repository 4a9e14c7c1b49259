/* Every template is tested by its own samples: one without a working sample cannot ship. */
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void samples_match(const struct catalogue *cat, struct match_scratch *scratch, size_t id)
{
    const struct template *t = catalogue_template(cat, id);
    cr_assert_not_null(t->samples[0], "[%s] has no sample", t->id);
    cr_assert_not_null(t->source, "[%s] has no source", t->id);
    for (int i = 0; i < TEMPLATE_SAMPLES_MAX && t->samples[i]; i++) {
        struct captures captures;
        int hit = match_text(cat, scratch, span_of(t->samples[i]), &captures);
        cr_assert_eq(hit, (int)id, "[%s] sample %d is taken by [%s]", t->id, i + 1,
            hit < 0 ? "none" : catalogue_template(cat, (size_t)hit)->id);
    }
}

Test(catalog, samples_match_their_own_template_and_no_other)
{
    const struct catalogue *cat = corpus_catalogue();
    struct match_scratch *scratch = match_scratch_new(cat);
    for (size_t i = 0; i < catalogue_template_count(cat); i++)
        samples_match(cat, scratch, i);
    match_scratch_free(scratch);
}

static int add(const char *text, char *error)
{
    struct catalogue *cat = catalogue_new();
    int rc = catalogue_add(cat, "site.ini", span_of(text), error, 256);
    if (rc == 0)
        rc = catalogue_compile(cat, error, 256);
    catalogue_free(cat);
    return rc;
}

Test(catalog, a_mistake_is_named_with_file_and_line)
{
    char error[256];
    cr_assert_eq(add("[x]\nevent = nosuch\n", error), ERR_CATALOGUE);
    cr_assert_str_eq(error, "site.ini: [x] nosuch: no such event; they are listed in event.def (line 2)");
    cr_assert_eq(add("[x]\ncolour = red\n", error), ERR_CATALOGUE);
    cr_assert(strstr(error, "unknown key"));
    cr_assert_eq(add("[x]\nevent = fact\ntext = a {b:q}\n", error), ERR_CATALOGUE);
    cr_assert(strstr(error, "[x] text: a field is"));
    cr_assert_eq(add("nonsense\n", error), ERR_CATALOGUE);
    cr_assert(strstr(error, "site.ini:1:"));
}

Test(catalog, a_site_adds_templates_but_replaces_none)
{
    char error[256];
    struct catalogue *cat = catalogue_new();
    cr_assert_eq(catalogue_add_builtin(cat, error, sizeof(error)), 0, "%s", error);
    cr_assert_eq(catalogue_add(cat, "site.ini",
                     SPAN("[site-hello]\nevent = noise\ntext = hello {_:w}\nsample = hello world\n"), error,
                     sizeof(error)),
        0);
    cr_assert_eq(catalogue_add(cat, "site.ini", SPAN("[retransmit]\nevent = noise\n"), error, sizeof(error)),
        ERR_CATALOGUE);
    cr_assert(strstr(error, "built in"));
    catalogue_free(cat);
}

Test(catalog, fields_are_read_where_they_stand)
{
    const struct catalogue *cat = corpus_catalogue();
    struct match_scratch *scratch = match_scratch_new(cat);
    struct event e = {0};
    int t = match_text(cat, scratch,
        SPAN("IKE_SA ipsec2_1[3] established between 2001:db8::2[C=US, CN=a]...10.10.10.1[gw, x]"),
        &e.fields);
    cr_assert_str_eq(catalogue_template(cat, (size_t)t)->id, "established");
    cr_assert_eq(event_number(&e, F_UID), 3);
    cr_assert(span_eq(event_text(&e, F_CONN), SPAN("ipsec2_1")));
    cr_assert(span_eq(event_text(&e, F_LOCAL), SPAN("2001:db8::2")));
    cr_assert(span_eq(event_text(&e, F_PEER), SPAN("10.10.10.1")));
    match_scratch_free(scratch);
}

/* Every Japanese letter here is three bytes that begin with E3 to E9: kana, CJK, their punctuation. */
static bool is_japanese(const char *s)
{
    while (*s && ((unsigned char)*s < 0xE3 || (unsigned char)*s > 0xE9))
        s++;
    return *s != '\0';
}

/* Each command of `one`, its backquotes included, stands in `other` too. */
static bool commands_stand_in(const char *one, const char *other)
{
    const char *end;
    for (const char *at = strchr(one, '`'); at; at = strchr(end + 1, '`')) {
        char command[128];
        end = strchr(at + 1, '`');
        if (!end || (size_t)(end - at) + 2 > sizeof command)
            return false;
        snprintf(command, sizeof command, "%.*s", (int)(end - at) + 1, at);
        if (!strstr(other, command))
            return false;
    }
    return true;
}

Test(catalog, every_cause_says_the_same_commands_in_both_languages)
{
    const struct catalogue *cat = corpus_catalogue();
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        cr_assert(is_japanese(c->title_ja) && is_japanese(c->verdict_ja) && is_japanese(c->advice_ja), "%s",
            c->slug);
        cr_assert(commands_stand_in(c->advice_en, c->advice_ja), "%s", c->slug);
        cr_assert(commands_stand_in(c->advice_ja, c->advice_en), "%s", c->slug);
        cr_assert(commands_stand_in(c->verdict_en, c->verdict_ja), "%s", c->slug);
        cr_assert(commands_stand_in(c->verdict_ja, c->verdict_en), "%s", c->slug);
    }
}

Test(catalog, every_cause_that_a_rule_can_name_has_its_texts)
{
    const struct catalogue *cat = corpus_catalogue();
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        cr_assert(c->side && c->title_en && c->title_ja && c->verdict_en && c->verdict_ja && c->advice_en &&
                      c->advice_ja,
            "%s", c->slug);
    }
}
