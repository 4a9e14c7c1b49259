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

static const char sql_upsert[] = "INSERT INTO ikewatch.cause AS c (slug, side, title_en, title_ja, "
                                 "verdict_en, verdict_ja, advice_en, advice_ja, source)"
                                 " VALUES ($1, $2::ikewatch.side, $3, $4, $5, $6, $7, $8, $9)"
                                 " ON CONFLICT (slug) DO UPDATE SET (side, title_en, title_ja, verdict_en, "
                                 "verdict_ja, advice_en, advice_ja, source) ="
                                 " (EXCLUDED.side, EXCLUDED.title_en, EXCLUDED.title_ja, "
                                 "EXCLUDED.verdict_en, EXCLUDED.verdict_ja, EXCLUDED.advice_en,"
                                 " EXCLUDED.advice_ja, EXCLUDED.source)"
                                 " WHERE c IS DISTINCT FROM EXCLUDED";

static int upsert(struct pg *pg, const struct cause *c)
{
    const char *texts[] = {c->slug, c->side, c->title_en, c->title_ja, c->verdict_en, c->verdict_ja,
        c->advice_en, c->advice_ja, c->source};
    struct pg_param params[sizeof texts / sizeof texts[0]];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
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
