/* Every template is tested by its own samples: one without a working sample cannot ship. */
#include "classify/line.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

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

/* --- recognition in stages beside the readers of all templates, one by one */

/* @return the most specific template whose reader agrees, of equals the first; -1: none */
static int read_by_all(const struct catalogue *cat, struct span text, struct captures *out)
{
    int best = -1;
    for (size_t i = 0; i < catalogue_template_count(cat); i++) {
        const struct template *t = catalogue_template(cat, i);
        bool better = best < 0 || t->literal_bytes > catalogue_template(cat, (size_t)best)->literal_bytes;
        if (better && catalogue_read(cat, i, text, out))
            best = (int)i;
    }
    if (best >= 0)
        catalogue_read(cat, (size_t)best, text, out);
    return best;
}

static bool same_fields(const struct captures *a, const struct captures *b)
{
    if (a->set != b->set)
        return false;
    for (int f = 0; f < FIELD_COUNT; f++)
        if (a->set >> f & 1 && (a->text[f].ptr != b->text[f].ptr || a->text[f].len != b->text[f].len))
            return false;
    return true;
}

static void same_answer(const struct catalogue *cat, struct match_scratch *scratch, struct span text)
{
    struct captures staged, read;
    int hit = match_text(cat, scratch, text, &staged), want = read_by_all(cat, text, &read);
    cr_assert_eq(hit, want, "%.*s: [%s] instead of [%s]", (int)text.len, text.ptr,
        hit < 0 ? "none" : catalogue_template(cat, (size_t)hit)->id,
        want < 0 ? "none" : catalogue_template(cat, (size_t)want)->id);
    cr_assert(want < 0 || same_fields(&staged, &read), "%.*s", (int)text.len, text.ptr);
}

/* Of messages that differ in their digits alone, one. */
static bool seen_before(struct span text)
{
    static bool seen[1 << 16];
    char shape[256];
    size_t n = span_copy(shape, sizeof(shape), text);
    for (size_t i = 0; i < n; i++)
        if (shape[i] >= '1' && shape[i] <= '9')
            shape[i] = '0';
    bool *slot = &seen[span_hash(span_from(shape, n), 0) & 0xFFFF];
    bool before = *slot;
    *slot = true;
    return before;
}

static void same_answers_of(const char *path)
{
    const struct catalogue *cat = corpus_catalogue();
    struct match_scratch *scratch = match_scratch_new(cat);
    struct corpus log = corpus_load(path, "vedge01");
    for (size_t i = 0; i < log.count; i++) {
        struct envelope e = {.line = log.records[i].value};
        struct line line;
        if (line_read(&e, &line) == RECORD_READ && line.text.len && !seen_before(line.text))
            same_answer(cat, scratch, line.text);
    }
    corpus_free(&log);
    match_scratch_free(scratch);
}

Test(catalog, stages_find_what_the_readers_of_all_templates_find_in_the_corpus)
{
    static char cases[256][64];
    size_t n = corpus_cases(cases, 256);
    for (size_t i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s/messages", CORPUS_DIR, cases[i]);
        same_answers_of(path);
    }
}

Test(catalog, stages_find_what_the_readers_of_all_templates_find_of_every_family)
{
    const struct catalogue *cat = corpus_catalogue();
    struct match_scratch *scratch = match_scratch_new(cat);
    struct corpus table = corpus_load(CORPUS_DIR "/../families/families.tsv", "vedge01");
    for (size_t i = 0; i < table.count; i++) {
        char whole[8192];
        struct span row = table.records[i].value;
        const char *tab = memchr(row.ptr, '\t', row.len);
        int n = tab ? snprintf(whole, sizeof(whole), "Nov 20 10:00:00 vedge01 %.*s",
                          (int)(row.ptr + row.len - tab) - 1, tab + 1)
                    : 0;
        struct envelope e = {.line = span_from(whole, (size_t)n)};
        struct line line;
        if (line_read(&e, &line) == RECORD_READ && line.text.len)
            same_answer(cat, scratch, line.text);
    }
    corpus_free(&table);
    match_scratch_free(scratch);
}

/* Each sample as it stands, cut short, without its beginning, and with a blank before it. */
Test(catalog, stages_find_what_the_readers_of_all_templates_find_in_samples_and_pieces_of_them)
{
    const struct catalogue *cat = corpus_catalogue();
    struct match_scratch *scratch = match_scratch_new(cat);
    for (size_t i = 0; i < catalogue_template_count(cat); i++)
        for (int k = 0; k < TEMPLATE_SAMPLES_MAX && catalogue_template(cat, i)->samples[k]; k++) {
            char spaced[512];
            struct span sample = span_of(catalogue_template(cat, i)->samples[k]);
            same_answer(cat, scratch, sample);
            same_answer(cat, scratch, span_from(sample.ptr, sample.len / 2));
            same_answer(cat, scratch, span_skip(sample, 1));
            int n = snprintf(spaced, sizeof(spaced), " %.*s", (int)sample.len, sample.ptr);
            same_answer(cat, scratch, span_from(spaced, (size_t)n));
        }
    match_scratch_free(scratch);
}

/* Templates of all four stages that claim each other's messages, and every three pieces of such messages. */
Test(catalog, a_stage_is_left_out_only_if_it_cannot_change_the_answer)
{
    static const char rows[] = "[head]\nevent = noise\ntext = alpha {detail:s}\n"
                               "[head-rest]\nevent = noise\ntext = alpha beta {detail:r}\n"
                               "[behind]\nevent = noise\ntext = {|alpha|no|} {_:s} over the wall\n"
                               "[inner]\nevent = noise\ntext = {conn:w} {_:s} gamma delta\n"
                               "[inner-number]\nevent = noise\ntext = {mid:u} over {_:s} wall of stone{*}\n"
                               "[inner-one-of]\nevent = noise\ntext = {conn:w} {|gamma|of stone} {_:w}\n"
                               "[whole]\nevent = noise\ntext = {conn:w} {_:w}\n"
                               "[whole-number]\nevent = noise\ntext = {mid:u}: {_:s}\n"
                               "[any-case]\nevent = noise\nnocase = yes\ntext = Alpha {_:s} Delta\n";
    static const char *const pieces[] = {"alpha", "ALPHA", "beta", "gamma", "delta", "over the wall", "no",
        "12", "7:", "of stone", "wall", "", "x "};
    enum { PIECES = sizeof(pieces) / sizeof(pieces[0]) };
    char error[256];
    struct catalogue *cat = catalogue_new();
    cr_assert_eq(catalogue_add(cat, "site.ini", span_of(rows), error, sizeof(error)), 0, "%s", error);
    cr_assert_eq(catalogue_compile(cat, error, sizeof(error)), 0, "%s", error);
    struct match_scratch *scratch = match_scratch_new(cat);
    for (int i = 0; i < PIECES * PIECES * PIECES; i++) {
        char text[128];
        int n = snprintf(text, sizeof(text), "%s %s %s", pieces[i % PIECES], pieces[i / PIECES % PIECES],
            pieces[i / PIECES / PIECES]);
        same_answer(cat, scratch, span_from(text, (size_t)n));
    }
    match_scratch_free(scratch);
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

static size_t steps_of(const char *text)
{
    size_t n = 1;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void same_in_both(const char *slug, const char *en, const char *ja)
{
    cr_assert(!en == !ja, "%s", slug);
    if (!en)
        return;
    cr_assert(!is_japanese(en) && is_japanese(ja), "%s: %s", slug, en);
    cr_assert(commands_stand_in(en, ja), "%s: %s", slug, en);
    cr_assert(commands_stand_in(ja, en), "%s: %s", slug, ja);
    cr_assert_eq(steps_of(en), steps_of(ja), "%s: %s", slug, en);
}

Test(catalog, every_cause_says_the_same_in_both_languages)
{
    const struct catalogue *cat = corpus_catalogue();
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        same_in_both(c->slug, c->title_en, c->title_ja);
        same_in_both(c->slug, c->verdict_en, c->verdict_ja);
        same_in_both(c->slug, c->explain_en, c->explain_ja);
        same_in_both(c->slug, c->verify_en, c->verify_ja);
        same_in_both(c->slug, c->mend_en, c->mend_ja);
        same_in_both(c->slug, c->enable_en, c->enable_ja);
    }
}

Test(catalog, a_verdict_is_one_sentence)
{
    const struct catalogue *cat = corpus_catalogue();
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        size_t n = strlen(c->verdict_en);
        cr_assert(n > 1 && c->verdict_en[n - 1] == '.' && !strstr(c->verdict_en, ". "), "%s", c->verdict_en);
        cr_assert_str_eq(strstr(c->verdict_ja, "。"), "。", "%s", c->verdict_ja);
    }
}

Test(catalog, every_cause_can_be_checked_on_the_vedge)
{
    static const char *const checks[] = {
        "`show ", "`ping ", "`traceroute ", "`tcpdump ", "`monitor ", "`debug ", "`request "};
    const struct catalogue *cat = corpus_catalogue();
    for (size_t i = 0; i < catalogue_cause_count(cat); i++) {
        const struct cause *c = catalogue_cause_at(cat, i);
        bool found = false;
        for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++)
            found = found || strstr(c->verify_en, checks[k]);
        cr_assert(found, "[cause %s] verify_en names no command", c->slug);
    }
}

#define CAUSE_EN "side = peer\nsource = x\ntitle_en = t\nverdict_en = v\nexplain_en = e\n"
#define CAUSE_JA "title_ja = t\nverdict_ja = v\nexplain_ja = e\nverify_ja = - a\nmend_ja = - b\n"

Test(catalog, a_cause_that_says_too_little_is_refused)
{
    char error[256];
    cr_assert_eq(add("[cause x]\n" CAUSE_EN CAUSE_JA "verify_en = - a\n", error), ERR_CATALOGUE);
    cr_assert_str_eq(error, "site.ini: [x] mend_en: missing");
    cr_assert_eq(
        add("[cause x]\n" CAUSE_EN CAUSE_JA "verify_en = - a\nmend_en = - b\nenable_ja = c\n", error),
        ERR_CATALOGUE);
    cr_assert_str_eq(error, "site.ini: [x] enable_en: missing");
    cr_assert_eq(add("[cause x]\nverify_en = no list\n", error), ERR_CATALOGUE);
    cr_assert(strstr(error, "[x] verify_en: a list"), "%s", error);
    cr_assert_eq(add("[cause x]\nadvice_en = a\n", error), ERR_CATALOGUE);
    cr_assert(strstr(error, "[x] advice_en: unknown key"), "%s", error);
    cr_assert_eq(add("[cause x]\nneeds = luck\n", error), ERR_CATALOGUE);
    cr_assert(strstr(error, "[x] needs: "), "%s", error);
}

Test(catalog, a_site_adds_causes_but_replaces_none)
{
    char error[256];
    static const char row[] =
        "[cause site-x]\n" CAUSE_EN CAUSE_JA
        "verify_en = - one\n    goes on\n  - two\nmend_en = - b\nenable_en = c\nenable_ja = d\n";
    struct catalogue *cat = catalogue_new();
    cr_assert_eq(catalogue_add_builtin(cat, error, sizeof(error)), 0, "%s", error);
    cr_assert_eq(
        catalogue_add(cat, "site.ini", SPAN("[cause path-loss]\nside = peer\n"), error, sizeof(error)),
        ERR_CATALOGUE);
    cr_assert(strstr(error, "built in"), "%s", error);
    cr_assert_eq(catalogue_add(cat, "site.ini", span_of(row), error, sizeof(error)), 0, "%s", error);
    const struct cause *c = catalogue_cause(cat, SPAN("site-x"));
    char *sure = catalogue_advice(c, false, false), *unsure = catalogue_advice(c, false, true);
    cr_assert_str_eq(sure, "e\none goes on\ntwo\nb");
    cr_assert_str_eq(unsure, "e\none goes on\ntwo\nb\nc");
    free(sure);
    free(unsure);
    catalogue_free(cat);
}

Test(catalog, what_to_turn_on_is_said_where_the_proof_is_thin)
{
    const struct cause *loss = catalogue_cause(corpus_catalogue(), SPAN("path-loss"));
    const struct cause *mismatch = catalogue_cause(corpus_catalogue(), SPAN("ike-proposal-mismatch"));
    cr_assert_not(catalogue_asks_for_more(loss, SPAN("certain"), 3, false));
    cr_assert(catalogue_asks_for_more(loss, SPAN("certain"), 0, false));
    cr_assert(catalogue_asks_for_more(loss, SPAN("likely"), 3, false));
    cr_assert(catalogue_asks_for_more(mismatch, SPAN("certain"), 3, false));
    cr_assert_not(catalogue_asks_for_more(mismatch, SPAN("certain"), 3, true));
}
