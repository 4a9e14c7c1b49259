#include "classify/match.h"
#include "classify/catalog_build.h"

#include <hs.h>
#include <stdlib.h>

enum {
    HITS_MAX = 128
}; /* templates of which one line can match the expression; more would be a catalogue without literals */

struct match_scratch {
    hs_scratch_t *hs;
    uint32_t hits[HITS_MAX];
    size_t hit_count;
};

struct match_scratch *match_scratch_new(const struct catalogue *cat)
{
    struct match_scratch *s = calloc(1, sizeof(*s));
    if (s && hs_alloc_scratch(cat->database, &s->hs) != HS_SUCCESS) {
        free(s);
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

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    struct match_scratch *s = ctx;
    (void)from;
    (void)to;
    (void)flags;
    if (s->hit_count < HITS_MAX)
        s->hits[s->hit_count++] = id;
    return 0;
}

/* The most specific hit whose reader agrees. */
static int best_hit(
    const struct catalogue *cat, const struct match_scratch *s, struct span text, struct captures *captures)
{
    int best = -1;
    for (size_t i = 0; i < s->hit_count; i++) {
        if (best >= 0 && cat->templates[s->hits[i]].literal_bytes <= cat->templates[best].literal_bytes)
            continue;
        if (catalogue_read(cat, s->hits[i], text, captures))
            best = (int)s->hits[i];
    }
    if (s->hit_count > 1 && best >= 0)
        catalogue_read(cat, (size_t)best, text, captures); /* a later hit may have overwritten the captures */
    return best;
}

int match_text(
    const struct catalogue *cat, struct match_scratch *scratch, struct span text, struct captures *captures)
{
    scratch->hit_count = 0;
    captures->set = 0;
    /* hs_scan() fails only for a bad database or a scratch in use: both are bugs, and then nothing matches */
    if (text.len == 0 ||
        hs_scan(cat->database, text.ptr, (unsigned)text.len, 0, scratch->hs, on_match, scratch) != HS_SUCCESS)
        return -1;
    return best_hit(cat, scratch, text, captures);
}
