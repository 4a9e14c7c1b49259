#include "classify/catalog.h"
#include "classify/catalog_build.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

enum { KIND_TEMPLATE, KIND_CAUSE };

/* What the INI reader is filling. */
struct reader {
    struct catalogue *cat;
    const char *file;
    char *error;
    size_t error_cap;
    bool failed;
};

static bool fail(struct reader *r, const char *section, const char *key, const char *what)
{
    if (!r->failed)
        snprintf(r->error, r->error_cap, "%s: [%s] %s: %s", r->file, section, key, what);
    r->failed = true;
    return false;
}

/* Continuation lines of a text are joined. */
static bool join(const char **to, const char *value, const char *between)
{
    size_t have = *to ? strlen(*to) : 0, more = strlen(value), gap = have ? strlen(between) : 0;
    char *text = malloc(have + gap + more + 1);
    if (!text)
        return false;
    if (have)
        memcpy(text, *to, have);
    memcpy(text + have, between, gap);
    memcpy(text + have + gap, value, more + 1);
    free((void *)*to);
    *to = text;
    return true;
}

static bool template_key(struct reader *r, struct template *t, const char *key, const char *value)
{
    struct span k = span_of(key);
    if (span_eq(k, SPAN("text")))
        return join(&t->text, value, " ");
    if (span_eq(k, SPAN("source")))
        return join(&t->source, value, " ");
    if (span_eq(k, SPAN("group")))
        return join(&t->group, value, " ");
    if (span_eq(k, SPAN("nocase")))
        return (t->nocase = span_eq(span_of(value), SPAN("yes"))), true;
    if (span_eq(k, SPAN("event"))) {
        int kind = event_kind_by_name(span_of(value));
        if (kind < 0)
            return fail(r, t->id, value, "no such event; they are listed in event.def");
        t->event = (enum event_kind)kind;
        return true;
    }
    if (span_eq(k, SPAN("fact"))) {
        t->fact = fact_by_name(span_of(value));
        return t->fact ? true : fail(r, t->id, value, "no such fact; they are listed in fact.def");
    }
    if (span_starts(k, SPAN("sample")) && k.len <= 7) {
        int i = k.len == 6 ? 0 : k.ptr[6] - '1';
        if (i < 0 || i >= TEMPLATE_SAMPLES_MAX)
            return fail(r, t->id, key, "samples are sample, sample2, sample3, sample4");
        return join(&t->samples[i], value, " ");
    }
    return fail(
        r, t->id, key, "unknown key; allowed: event, fact, group, text, sample, sample2.., source, nocase");
}

/* One key of a cause: where it goes, and what must be said of it. */
struct cause_key {
    const char *name;
    size_t offset;
    bool steps, optional;
};

static const struct cause_key cause_keys[] = {
    {"side", offsetof(struct cause, side), false, false},
    {"title_en", offsetof(struct cause, title_en), false, false},
    {"title_ja", offsetof(struct cause, title_ja), false, false},
    {"verdict_en", offsetof(struct cause, verdict_en), false, false},
    {"verdict_ja", offsetof(struct cause, verdict_ja), false, false},
    {"explain_en", offsetof(struct cause, explain_en), false, false},
    {"explain_ja", offsetof(struct cause, explain_ja), false, false},
    {"verify_en", offsetof(struct cause, verify_en), true, false},
    {"verify_ja", offsetof(struct cause, verify_ja), true, false},
    {"mend_en", offsetof(struct cause, mend_en), true, false},
    {"mend_ja", offsetof(struct cause, mend_ja), true, false},
    {"enable_en", offsetof(struct cause, enable_en), false, true},
    {"enable_ja", offsetof(struct cause, enable_ja), false, true},
    {"needs", offsetof(struct cause, needs), false, true},
    {"source", offsetof(struct cause, source), false, false},
};
enum { CAUSE_KEYS = sizeof(cause_keys) / sizeof(cause_keys[0]) };

static const char **cause_text(struct cause *c, const struct cause_key *key)
{
    return (const char **)(void *)((char *)c + key->offset);
}

static bool cause_key(struct reader *r, struct cause *c, const char *name, const char *value)
{
    for (size_t i = 0; i < CAUSE_KEYS; i++) {
        const struct cause_key *key = &cause_keys[i];
        if (strcmp(key->name, name) != 0)
            continue;
        const char **text = cause_text(c, key);
        if (key->offset == offsetof(struct cause, needs) && strcmp(value, "proposals") != 0)
            return fail(r, c->slug, name, "of what a log may lack, only proposals can be named");
        if (!key->steps)
            return join(text, value, strstr(name, "_ja") ? "" : " ");
        bool begins = strncmp(value, "- ", 2) == 0;
        if (!begins && !*text)
            return fail(r, c->slug, name, "a list: each step begins with \"- \"");
        return join(text, begins ? value + 2 : value, begins ? "\n" : strstr(name, "_ja") ? "" : " ");
    }
    return fail(r, c->slug, name,
        "unknown key; allowed: side, needs, source and title_*, verdict_*, explain_*, verify_*, mend_*, "
        "enable_* "
        "(en, ja)");
}

/* What each cause of the file must say. */
static bool causes_complete(struct reader *r, size_t first)
{
    for (size_t i = first; i < r->cat->cause_count; i++) {
        struct cause *c = &r->cat->causes[i];
        for (size_t k = 0; k < CAUSE_KEYS; k++)
            if (!cause_keys[k].optional && !*cause_text(c, &cause_keys[k]))
                return fail(r, c->slug, cause_keys[k].name, "missing");
        if (!c->enable_en != !c->enable_ja)
            return fail(r, c->slug, c->enable_en ? "enable_ja" : "enable_en", "missing");
    }
    return true;
}

static char *copy(const char *s)
{
    size_t n = strlen(s) + 1;
    char *p = malloc(n);
    if (p)
        memcpy(p, s, n);
    return p;
}

static void *grown(void *array, size_t count, size_t *cap, size_t bytes)
{
    if (count < *cap)
        return array;
    size_t more = *cap ? *cap * 2 : 128;
    void *p = realloc(array, more * bytes);
    if (p) {
        memset((char *)p + *cap * bytes, 0, (more - *cap) * bytes);
        *cap = more;
    }
    return p;
}

/* A section of the same name in a later file replaces nothing: it is an error, so that built-in rows stay
 * what they say. */
static struct template *template_of(struct reader *r, const char *section)
{
    struct catalogue *cat = r->cat;
    for (size_t i = cat->template_count; i > 0; i--)
        if (strcmp(cat->templates[i - 1].id, section) == 0)
            return i - 1 >= cat->file_first_template ? &cat->templates[i - 1] : NULL;
    struct template *grown_templates =
        grown(cat->templates, cat->template_count, &cat->template_cap, sizeof(*cat->templates));
    if (!grown_templates)
        return NULL;
    cat->templates = grown_templates;
    struct template *t = &cat->templates[cat->template_count++];
    t->id = copy(section);
    t->file = copy(r->file);
    return t->id && t->file ? t : NULL;
}

static struct cause *cause_of(struct reader *r, const char *slug)
{
    struct catalogue *cat = r->cat;
    for (size_t i = 0; i < cat->cause_count; i++)
        if (strcmp(cat->causes[i].slug, slug) == 0)
            return i >= cat->file_first_cause ? &cat->causes[i] : NULL;
    struct cause *grown_causes = grown(cat->causes, cat->cause_count, &cat->cause_cap, sizeof(*cat->causes));
    if (!grown_causes)
        return NULL;
    cat->causes = grown_causes;
    struct cause *c = &cat->causes[cat->cause_count++];
    c->slug = copy(slug);
    return c->slug ? c : NULL;
}

/* inih calls this for each key; 0 stops with the line number. */
static int on_key(void *ctx, const char *section, const char *key, const char *value)
{
    struct reader *r = ctx;
    r->cat->hash =
        span_hash(span_of(value), span_hash(span_of(key), span_hash(span_of(section), r->cat->hash)));
    if (strncmp(section, "cause ", 6) == 0) {
        struct cause *c = cause_of(r, section + 6);
        return c ? cause_key(r, c, key, value)
                 : fail(r, section, key, "a cause of this name is built in; choose another name");
    }
    struct template *t = template_of(r, section);
    if (!t)
        return fail(r, section, key, "a template of this name is built in; choose another name");
    return template_key(r, t, key, value);
}

struct catalogue *catalogue_new(void)
{
    return calloc(1, sizeof(struct catalogue));
}

int catalogue_add(struct catalogue *cat, const char *name, struct span text, char *error, size_t error_cap)
{
    struct reader r = {.cat = cat, .file = name, .error = error, .error_cap = error_cap};
    char *terminated = malloc(text.len + 1);
    if (!terminated)
        return ERR_NOMEM;
    span_copy(terminated, text.len + 1, text);
    cat->file_first_template = cat->template_count;
    cat->file_first_cause = cat->cause_count;
    int line = ini_parse_string(terminated, on_key, &r);
    free(terminated);
    if (line > 0 && !r.failed)
        snprintf(error, error_cap,
            "%s:%d: neither [section], key = value nor comment, or longer than 199 bytes", name, line);
    if (line > 0 && r.failed) {
        size_t n = strlen(error);
        snprintf(error + n, error_cap - n, " (line %d)", line);
    }
    if (line == 0 && !causes_complete(&r, cat->file_first_cause))
        return ERR_CATALOGUE;
    return line == 0 ? 0 : line < 0 ? ERR_NOMEM : ERR_CATALOGUE;
}

int catalogue_add_builtin(struct catalogue *cat, char *error, size_t error_cap)
{
    for (size_t i = 0; i < catalogue_builtin_count; i++) {
        const struct builtin_file *f = &catalogue_builtin_files[i];
        int rc = catalogue_add(cat, f->name, span_from(f->bytes, f->len), error, error_cap);
        if (rc)
            return rc;
    }
    return 0;
}

struct catalogue *catalogue_builtin(char *error, size_t error_cap)
{
    struct catalogue *cat = catalogue_new();
    if (cat && catalogue_add_builtin(cat, error, error_cap) == 0 &&
        catalogue_compile(cat, error, error_cap) == 0)
        return cat;
    catalogue_free(cat);
    return NULL;
}

static void template_free(struct template *t)
{
    free((void *)t->id);
    free((void *)t->file);
    free((void *)t->group);
    free((void *)t->text);
    free((void *)t->source);
    for (int i = 0; i < TEMPLATE_SAMPLES_MAX; i++)
        free((void *)t->samples[i]);
    free((void *)t->segments);
}

static void cause_free(struct cause *c)
{
    free((void *)c->slug);
    for (size_t i = 0; i < CAUSE_KEYS; i++)
        free((void *)*cause_text(c, &cause_keys[i]));
}

void catalogue_free(struct catalogue *cat)
{
    if (!cat)
        return;
    for (size_t i = 0; i < cat->template_count; i++)
        template_free(&cat->templates[i]);
    for (size_t i = 0; i < cat->cause_count; i++)
        cause_free(&cat->causes[i]);
    free(cat->templates);
    free(cat->causes);
    catalogue_database_free(cat);
    free(cat);
}

size_t catalogue_template_count(const struct catalogue *cat)
{
    return cat->template_count;
}

const struct template *catalogue_template(const struct catalogue *cat, size_t i)
{
    return &cat->templates[i];
}

size_t catalogue_cause_count(const struct catalogue *cat)
{
    return cat->cause_count;
}

const struct cause *catalogue_cause_at(const struct catalogue *cat, size_t i)
{
    return &cat->causes[i];
}

const struct cause *catalogue_cause(const struct catalogue *cat, struct span slug)
{
    for (size_t i = 0; i < cat->cause_count; i++)
        if (span_eq(slug, span_of(cat->causes[i].slug)))
            return &cat->causes[i];
    return NULL;
}

bool catalogue_asks_for_more(
    const struct cause *cause, struct span confidence, size_t evidence_lines, bool has_proposals)
{
    return !span_eq(confidence, SPAN("certain")) || !evidence_lines || (cause->needs && !has_proposals);
}

char *catalogue_advice(const struct cause *c, bool japanese, bool ask_for_more)
{
    const char *advice = NULL, *enable = japanese ? c->enable_ja : c->enable_en;
    if (join(&advice, japanese ? c->explain_ja : c->explain_en, "\n") &&
        join(&advice, japanese ? c->verify_ja : c->verify_en, "\n") &&
        join(&advice, japanese ? c->mend_ja : c->mend_en, "\n") &&
        (!ask_for_more || !enable || join(&advice, enable, "\n")))
        return (char *)(uintptr_t)advice;
    free((void *)advice);
    return NULL;
}

uint64_t catalogue_hash(const struct catalogue *cat)
{
    return cat->hash;
}
