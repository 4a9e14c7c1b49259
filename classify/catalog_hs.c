#include "classify/catalog_build.h"

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>

/* What a stage is compiled of. */
struct list {
    char **texts;
    size_t *lens;
    unsigned *flags, *ids, count;
};

static bool list_open(struct list *list, size_t cap)
{
    *list = (struct list){calloc(cap, sizeof(*list->texts)), calloc(cap, sizeof(*list->lens)),
        calloc(cap, sizeof(*list->flags)), calloc(cap, sizeof(*list->ids)), 0};
    return list->texts && list->lens && list->flags && list->ids;
}

static void list_close(struct list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        free(list->texts[i]);
    free(list->texts);
    free(list->lens);
    free(list->flags);
    free(list->ids);
}

/* `text` is the list's from here on. A head is found once anyway, and counting its matches would cost as much
 * as finding it. */
static int list_add(
    struct list *list, const struct template *t, uint32_t rank, enum stage_kind kind, char *text)
{
    if (!text)
        return ERR_NOMEM;
    list->texts[list->count] = text;
    list->flags[list->count] = (t->nocase ? HS_FLAG_CASELESS : 0) |
                               (kind == STAGE_HEAD ? 0 : HS_FLAG_SINGLEMATCH) |
                               (kind == STAGE_WHOLE ? HS_FLAG_DOTALL : 0);
    list->ids[list->count++] = rank;
    return 0;
}

static int list_template(struct list lists[STAGE_COUNT], const struct template *t, uint32_t rank)
{
    struct needles needles;
    template_needles(t, &needles);
    struct list *list = &lists[needles.stage];
    if (needles.stage == STAGE_WHOLE)
        return list_add(list, t, rank, STAGE_WHOLE, template_expression(t, false));
    for (size_t i = 0; i < needles.count; i++) {
        char *text = malloc(needles.len[i]);
        if (text)
            memcpy(text, needles.text[i], needles.len[i]);
        list->lens[list->count] = needles.len[i];
        if (list_add(list, t, rank, needles.stage, text))
            return ERR_NOMEM;
    }
    return 0;
}

static hs_error_t compile_list(
    const struct list *list, bool literal, hs_database_t **database, hs_compile_error_t **wrong)
{
    const char *const *texts = (const char *const *)list->texts;
    return literal ? hs_compile_lit_multi(texts, list->flags, list->ids, list->lens, list->count,
                         HS_MODE_BLOCK, NULL, database, wrong)
                   : hs_compile_multi(
                         texts, list->flags, list->ids, list->count, HS_MODE_BLOCK, NULL, database, wrong);
}

static int compile_stage(
    struct catalogue *cat, enum stage_kind kind, const struct list *list, char *error, size_t cap)
{
    hs_compile_error_t *wrong = NULL;
    hs_database_t *database = NULL;
    if (!list->count)
        return 0;
    if (compile_list(list, kind != STAGE_WHOLE, &database, &wrong) != HS_SUCCESS) {
        const char *id = wrong->expression >= 0
                             ? cat->templates[cat->by_rank[list->ids[wrong->expression]]].id
                             : "database";
        snprintf(error, cap, "[%s] Hyperscan: %s", id, wrong->message);
        hs_free_compile_error(wrong);
        return ERR_CATALOGUE;
    }
    struct stage *stage = &cat->stages[kind];
    stage->database = database;
    for (unsigned i = 0; i < list->count; i++) {
        if (kind == STAGE_HEAD) {
            uint32_t bit = catalogue_head_bit(list->texts[i]);
            cat->heads[bit / 64] |= UINT64_C(1) << bit % 64;
        }
        bool begins[256];
        template_begins(&cat->templates[cat->by_rank[list->ids[i]]], begins);
        for (int c = 0; c < 256; c++)
            stage->begins[c] |= begins[c];
    }
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
    cat->rivals = calloc(cat->template_count, sizeof(*cat->rivals));
    if (!cat->by_rank || !cat->rivals)
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
    struct list lists[STAGE_COUNT] = {0};
    bool open = true;
    int rc = cat->template_count ? compile_templates(cat, error, error_cap) : ERR_CATALOGUE;
    if (rc == 0)
        rc = rank_templates(cat);
    for (int i = 0; rc == 0 && i < STAGE_COUNT; i++)
        open = list_open(&lists[i], cat->template_count * NEEDLES_MAX) && open;
    if (rc == 0 && !open)
        rc = ERR_NOMEM;
    for (uint32_t rank = 0; rc == 0 && rank < cat->template_count; rank++)
        rc = list_template(lists, &cat->templates[cat->by_rank[rank]], rank);
    for (int i = 0; rc == 0 && i < STAGE_COUNT; i++)
        rc = compile_stage(cat, (enum stage_kind)i, &lists[i], error, error_cap);
    if (rc == 0)
        catalogue_find_rivals(cat);
    for (int i = 0; i < STAGE_COUNT; i++)
        list_close(&lists[i]);
    return rc;
}

void catalogue_database_free(struct catalogue *cat)
{
    for (int i = 0; i < STAGE_COUNT; i++)
        hs_free_database(cat->stages[i].database);
    free(cat->by_rank);
    free(cat->rivals);
}
