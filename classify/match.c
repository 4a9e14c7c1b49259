#include "classify/match.h"
#include "classify/catalog_build.h"

#include <hs.h>
#include <limits.h>
#include <stdlib.h>

enum { HITS_MAX = 128 }; /* of one stage in one message; more would be a catalogue without literals */

struct match_scratch {
    hs_scratch_t *hs;
    uint32_t hits[HITS_MAX]; /* ranks, ascending */
    size_t hit_count;
};

struct match_scratch *match_scratch_new(const struct catalogue *cat)
{
    struct match_scratch *s = calloc(1, sizeof(*s));
    for (int i = 0; s && i < STAGE_COUNT; i++)
        if (cat->stages[i].database && hs_alloc_scratch(cat->stages[i].database, &s->hs) != HS_SUCCESS) {
            match_scratch_free(s);
            return NULL;
        }
    return s;
}

void match_scratch_free(struct match_scratch *scratch)
{
    if (!scratch)
        return;
    hs_free_scratch(scratch->hs);
    free(scratch);
}

static int on_match(unsigned rank, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    struct match_scratch *s = ctx;
    (void)from;
    (void)to;
    (void)flags;
    if (s->hit_count == HITS_MAX)
        return 0;
    size_t i = s->hit_count++;
    for (; i > 0 && s->hits[i - 1] > rank; i--)
        s->hits[i] = s->hits[i - 1];
    s->hits[i] = rank;
    return 0;
}

/* The most specific template of this stage whose reader agrees, if it is more specific than `best`, the rank
 * found so far. */
static uint32_t best_hit(const struct catalogue *cat, const struct match_scratch *s, uint32_t best,
    struct span text, struct captures *captures)
{
    size_t read = 0;
    for (; read < s->hit_count && s->hits[read] < best; read++)
        if (catalogue_read(cat, cat->by_rank[s->hits[read]], text, captures))
            return s->hits[read];
    if (read && best != UINT32_MAX)
        catalogue_read(cat, cat->by_rank[best], text, captures); /* the others' fields are in its place */
    return best;
}

/* Can a message of a template in this stage begin so? */
static bool may_begin(const struct catalogue *cat, int stage, struct span text)
{
    if (stage != STAGE_HEAD)
        return cat->stages[stage].begins[(unsigned char)text.ptr[0]];
    if (text.len < NEEDLE_MIN_BYTES)
        return false;
    uint32_t bit = catalogue_head_bit(text.ptr);
    return cat->heads[bit / 64] >> bit % 64 & 1;
}

int match_text(
    const struct catalogue *cat, struct match_scratch *scratch, struct span text, struct captures *captures)
{
    uint32_t best = UINT32_MAX;
    unsigned stages = UINT_MAX;
    captures->set = 0;
    for (int i = 0; text.len && i < STAGE_COUNT; i++) {
        const struct stage *stage = &cat->stages[i];
        if (!(stages >> i & 1) || !may_begin(cat, i, text))
            continue;
        size_t bytes = i == STAGE_HEAD && text.len > HEAD_BYTES ? HEAD_BYTES : text.len;
        scratch->hit_count = 0;
        /* it fails only for a bad database or a scratch in use: both are bugs, and then nothing matches */
        if (hs_scan(stage->database, text.ptr, (unsigned)bytes, 0, scratch->hs, on_match, scratch) !=
            HS_SUCCESS)
            return -1;
        uint32_t found = best_hit(cat, scratch, best, text, captures);
        if (found != best)
            stages = cat->rivals[found];
        best = found;
    }
    if (best == UINT32_MAX) {
        captures->set = 0;
        return -1;
    }
    return (int)cat->by_rank[best];
}
