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

/* Continuation lines of a text are joined: by a blank, in Japanese by nothing. */
static bool join(const char **to, const char *value, bool japanese)
{
    size_t have = *to ? strlen(*to) : 0, more = strlen(value);
    char *text = malloc(have + more + 2);
    if (!text)
        return false;
    if (have)
        memcpy(text, *to, have);
    if (have && !japanese)
        text[have++] = ' ';
    memcpy(text + have, value, more + 1);
    free((void *)*to);
    *to = text;
    return true;
}

static bool template_key(struct reader *r, struct template *t, const char *key, const char *value)
{
    struct span k = span_of(key);
    if (span_eq(k, SPAN("text")))
        return join(&t->text, value, false);
    if (span_eq(k, SPAN("source")))
        return join(&t->source, value, false);
    if (span_eq(k, SPAN("group")))
        return join(&t->group, value, false);
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
        return join(&t->samples[i], value, false);
    }
    return fail(
        r, t->id, key, "unknown key; allowed: event, fact, group, text, sample, sample2.., source, nocase");
}

static bool cause_key(struct reader *r, struct cause *c, const char *key, const char *value)
{
    const struct {
        const char *name;
        const char **to;
    } keys[] = {{"side", &c->side}, {"title_en", &c->title_en}, {"title_ja", &c->title_ja},
        {"verdict_en", &c->verdict_en}, {"verdict_ja", &c->verdict_ja}, {"advice_en", &c->advice_en},
        {"advice_ja", &c->advice_ja}, {"source", &c->source}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i].name, key) == 0)
            return join(keys[i].to, value, strstr(key, "_ja") != NULL);
    return fail(r, c->slug, key, "unknown key; allowed: side, title_*, verdict_*, advice_* (en, ja), source");
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
            return &cat->causes[i];
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
        return c && cause_key(r, c, key, value);
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
    int line = ini_parse_string(terminated, on_key, &r);
    free(terminated);
    if (line > 0 && !r.failed)
        snprintf(error, error_cap,
            "%s:%d: neither [section], key = value nor comment, or longer than 199 bytes", name, line);
    if (line > 0 && r.failed) {
        size_t n = strlen(error);
        snprintf(error + n, error_cap - n, " (line %d)", line);
    }
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
    const char *all[] = {c->slug, c->side, c->title_en, c->title_ja, c->verdict_en, c->verdict_ja,
        c->advice_en, c->advice_ja, c->source};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        free((void *)all[i]);
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

uint64_t catalogue_hash(const struct catalogue *cat)
{
    return cat->hash;
}
