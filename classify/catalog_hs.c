#include "classify/catalog_build.h"

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>

static int add_expressions(const struct catalogue *cat, char **expressions, unsigned *flags, unsigned *ids)
{
    for (size_t i = 0; i < cat->template_count; i++) {
        expressions[i] = template_expression(&cat->templates[i], false);
        if (!expressions[i])
            return ERR_NOMEM;
        flags[i] = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH | (cat->templates[i].nocase ? HS_FLAG_CASELESS : 0);
        ids[i] = (unsigned)i;
    }
    return 0;
}

static int compile_database(
    struct catalogue *cat, char **expressions, unsigned *flags, unsigned *ids, char *error, size_t cap)
{
    hs_compile_error_t *wrong = NULL;
    hs_database_t *database = NULL;
    if (hs_compile_multi((const char *const *)expressions, flags, ids, (unsigned)cat->template_count,
            HS_MODE_BLOCK, NULL, &database, &wrong) != HS_SUCCESS) {
        const char *id = wrong->expression >= 0 ? cat->templates[wrong->expression].id : "database";
        snprintf(error, cap, "[%s] Hyperscan: %s", id, wrong->message);
        hs_free_compile_error(wrong);
        return ERR_CATALOGUE;
    }
    cat->database = database;
    return 0;
}

static int compile_templates(struct catalogue *cat, char *error, size_t cap)
{
    for (size_t i = 0; i < cat->template_count; i++) {
        struct template *t = &cat->templates[i];
        const char *wrong = t->text ? template_compile(t) : "text is missing";
        if (wrong) {
            snprintf(error, cap, "[%s] text: %s", t->id, wrong);
            return ERR_CATALOGUE;
        }
    }
    return 0;
}

int catalogue_compile(struct catalogue *cat, char *error, size_t error_cap)
{
    size_t n = cat->template_count;
    int rc = n ? compile_templates(cat, error, error_cap) : ERR_CATALOGUE;
    char **expressions = calloc(n + 1, sizeof(*expressions));
    unsigned *flags = calloc(n + 1, sizeof(*flags)), *ids = calloc(n + 1, sizeof(*ids));
    if (rc == 0)
        rc = expressions && flags && ids ? add_expressions(cat, expressions, flags, ids) : ERR_NOMEM;
    if (rc == 0)
        rc = compile_database(cat, expressions, flags, ids, error, error_cap);
    for (size_t i = 0; expressions && i < n; i++)
        free(expressions[i]);
    free(expressions);
    free(flags);
    free(ids);
    return rc;
}

void catalogue_database_free(struct catalogue *cat)
{
    hs_free_database(cat->database);
}
