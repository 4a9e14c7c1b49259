#include "api/cause_load.h"

#include "api/text.h"
#include "classify/base/log.h"
#include "classify/catalog.h"

#include <stdlib.h>

/* Causes need no compiled expressions: the catalogue is read, not compiled. @return NULL: said on the log */
static struct catalogue *read_catalogue(void)
{
    char error[256] = "";
    struct catalogue *cat = catalogue_new();
    if (cat && catalogue_add_builtin(cat, error, sizeof error) == 0)
        return cat;
    log_error("api.catalogue", "detail=%s", log_quote(error));
    catalogue_free(cat);
    return NULL;
}

#define TEXTS                                                                                                \
    "title_en, title_ja, verdict_en, verdict_ja, explain_en, explain_ja, verify_en, verify_ja, "             \
    "mend_en, mend_ja, enable_en, enable_ja, needs, source"
#define NEW_TEXTS                                                                                            \
    "EXCLUDED.title_en, EXCLUDED.title_ja, EXCLUDED.verdict_en, EXCLUDED.verdict_ja, "                       \
    "EXCLUDED.explain_en, EXCLUDED.explain_ja, EXCLUDED.verify_en, EXCLUDED.verify_ja, "                     \
    "EXCLUDED.mend_en, EXCLUDED.mend_ja, EXCLUDED.enable_en, EXCLUDED.enable_ja, "                           \
    "EXCLUDED.needs, EXCLUDED.source"
static const char sql_upsert[] =
    "INSERT INTO ikewatch.cause AS c (slug, side, " TEXTS ")"
    " VALUES ($1, $2::ikewatch.side, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    " ON CONFLICT (slug) DO UPDATE SET (side, " TEXTS ") = (EXCLUDED.side, " NEW_TEXTS ")"
    " WHERE c IS DISTINCT FROM EXCLUDED";

static int upsert(struct pg *pg, const struct cause *c)
{
    const char *texts[] = {c->slug, c->side, c->title_en, c->title_ja, c->verdict_en, c->verdict_ja,
        c->explain_en, c->explain_ja, c->verify_en, c->verify_ja, c->mend_en, c->mend_ja, c->enable_en,
        c->enable_ja, c->needs, c->source};
    struct pg_param params[sizeof texts / sizeof texts[0]] = {0};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i])
            params[i].text = span_of(texts[i]);
    return pg_query(pg, "cause.load", sql_upsert, params, sizeof texts / sizeof texts[0], NULL, NULL);
}

int cause_load(struct pg *pg)
{
    struct catalogue *cat = read_catalogue();
    if (!cat)
        return ERR_CATALOGUE;
    int rc = pg_script(pg, "cause.begin", "BEGIN");
    for (size_t i = 0; !rc && i < catalogue_cause_count(cat); i++)
        rc = upsert(pg, catalogue_cause_at(cat, i));
    int ended = pg_script(pg, "cause.end", rc ? "ROLLBACK" : "COMMIT");
    catalogue_free(cat);
    return rc ? rc : ended;
}

char *cause_slugs(void)
{
    struct text t = {0};
    struct catalogue *cat = read_catalogue();
    for (size_t i = 0; cat && i < catalogue_cause_count(cat); i++)
        text_format(&t, "%s%s", i ? " " : "", catalogue_cause_at(cat, i)->slug);
    catalogue_free(cat);
    return t.len ? text_take(&t) : NULL;
}
