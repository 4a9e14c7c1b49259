#include "classify/catalog_build.h"

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>

/* What a stage is compiled of. */
struct needles {
    char **texts;
    unsigned *flags, *ids, count;
};

static bool needles_open(struct needles *list, size_t cap)
{
    *list = (struct needles){calloc(cap, sizeof(*list->texts)), calloc(cap, sizeof(*list->flags)),
        calloc(cap, sizeof(*list->ids)), 0};
    return list->texts && list->flags && list->ids;
}

static void needles_close(struct needles *list)
{
    for (unsigned i = 0; i < list->count; i++)
        free(list->texts[i]);
    free(list->texts);
    free(list->flags);
    free(list->ids);
}

/* A head is found once by itself, and counting its matches would cost as much as finding it. */
static unsigned flags_of(const struct template *t, enum stage_kind kind)
{
    return HS_FLAG_DOTALL | (kind == STAGE_HEAD ? 0 : HS_FLAG_SINGLEMATCH) |
           (t->nocase ? HS_FLAG_CASELESS : 0);
}

static int add_needles(struct catalogue *cat, struct needles lists[STAGE_COUNT])
{
    for (uint32_t rank = 0; rank < cat->template_count; rank++) {
        const struct template *t = &cat->templates[cat->by_rank[rank]];
        enum stage_kind kind;
        size_t bytes;
        char *text = template_needle(t, &kind, &bytes);
        if (!text)
            return ERR_NOMEM;
        struct needles *list = &lists[kind];
        struct stage *stage = &cat->stages[kind];
        if (!list->count)
            stage->first_rank = rank;
        stage->scan_bytes = bytes > stage->scan_bytes ? bytes : stage->scan_bytes;
        list->texts[list->count] = text;
        list->flags[list->count] = flags_of(t, kind);
        list->ids[list->count++] = rank;
    }
    return 0;
}

static int compile_stage(
    struct catalogue *cat, struct stage *stage, const struct needles *list, char *error, size_t cap)
{
    hs_compile_error_t *wrong = NULL;
    hs_database_t *database = NULL;
    if (!list->count)
        return 0;
    if (hs_compile_multi((const char *const *)list->texts, list->flags, list->ids, list->count, HS_MODE_BLOCK,
            NULL, &database, &wrong) != HS_SUCCESS) {
        const char *id = wrong->expression >= 0
                             ? cat->templates[cat->by_rank[list->ids[wrong->expression]]].id
                             : "database";
        snprintf(error, cap, "[%s] Hyperscan: %s", id, wrong->message);
        hs_free_compile_error(wrong);
        return ERR_CATALOGUE;
    }
    stage->database = database;
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

static int rank_templates(struct catalogue *cat)
{
    size_t longest = 0, place = 0;
    cat->by_rank = calloc(cat->template_count, sizeof(*cat->by_rank));
    if (!cat->by_rank)
        return ERR_NOMEM;
    for (size_t i = 0; i < cat->template_count; i++)
        longest = cat->templates[i].literal_bytes > longest ? cat->templates[i].literal_bytes : longest;
    for (size_t bytes = longest + 1; bytes-- > 0;)
        for (size_t i = 0; i < cat->template_count; i++)
            if (cat->templates[i].literal_bytes == bytes)
                cat->by_rank[place++] = (uint32_t)i;
    return 0;
}

int catalogue_compile(struct catalogue *cat, char *error, size_t error_cap)
{
    struct needles lists[STAGE_COUNT] = {0};
    bool open = true;
    int rc = cat->template_count ? compile_templates(cat, error, error_cap) : ERR_CATALOGUE;
    if (rc == 0)
        rc = rank_templates(cat);
    for (int i = 0; rc == 0 && i < STAGE_COUNT; i++)
        open = needles_open(&lists[i], cat->template_count) && open;
    if (rc == 0)
        rc = open ? add_needles(cat, lists) : ERR_NOMEM;
    for (int i = 0; rc == 0 && i < STAGE_COUNT; i++)
        rc = compile_stage(cat, &cat->stages[i], &lists[i], error, error_cap);
    for (int i = 0; i < STAGE_COUNT; i++)
        needles_close(&lists[i]);
    return rc;
}

void catalogue_database_free(struct catalogue *cat)
{
    for (int i = 0; i < STAGE_COUNT; i++)
        hs_free_database(cat->stages[i].database);
    free(cat->by_rank);
}
