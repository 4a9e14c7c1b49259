#include "classify/catalog_build.h"

/* Where a needle may have got to behind what was walked so far: bit n says that its first n bytes can stand
 * there (Shift-And). Case is ignored. */
struct walk {
    uint32_t by_byte[256], by_field[SEGMENT_IGNORE + 1]; /* bit n: byte n of the needle may stand there */
    uint32_t whole;
    size_t len;
};

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == 'x';
}

/* At least the bytes at which the reader does not end a field (template.c), letters being small. */
static bool field_holds(enum segment_kind kind, unsigned char c)
{
    switch (kind) {
    case SEGMENT_UNSIGNED:
        return c >= '0' && c <= '9';
    case SEGMENT_HEX:
        return is_hex(c);
    case SEGMENT_ADDR:
        return c != ' ' && c != '[' && c != ',';
    case SEGMENT_WORD:
        return c != ' ';
    default:
        return true;
    }
}

static struct walk walk_for(struct span needle)
{
    struct walk w = {.len = needle.len, .whole = UINT32_C(1) << needle.len};
    for (size_t n = 0; n < needle.len; n++) {
        unsigned char c = lower(needle.ptr[n]);
        w.by_byte[c] |= UINT32_C(1) << n;
        for (int kind = 0; kind <= SEGMENT_IGNORE; kind++)
            if (field_holds((enum segment_kind)kind, c))
                w.by_field[kind] |= UINT32_C(1) << n;
    }
    return w;
}

/* The whole needle, once found, stays found; a new one may begin anywhere. */
static uint32_t step(const struct walk *w, uint32_t at, uint32_t fits)
{
    return (at & fits) << 1 | (at & w->whole) | 1;
}

static uint32_t walk_text(const struct walk *w, uint32_t at, struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        at = step(w, at, w->by_byte[lower(text.ptr[i])]);
    return at;
}

/* Any number of bytes. */
static uint32_t walk_many(const struct walk *w, uint32_t at, uint32_t fits)
{
    for (size_t i = 0; i < w->len; i++)
        at |= step(w, at, fits);
    return at;
}

static uint32_t walk_one_of(const struct walk *w, uint32_t at, struct span choices)
{
    uint32_t any = 0;
    for (struct span choice; template_choice(&choices, &choice);)
        any |= walk_text(w, at, choice);
    return any;
}

/* Can the needle stand in a message of t? Blanks may follow each. */
static bool may_hold(const struct template *t, const struct walk *w)
{
    uint32_t at = 1;
    for (size_t i = 0; i < t->segment_count; i++) {
        const struct segment *s = &t->segments[i];
        if (s->kind == SEGMENT_LITERAL)
            at = walk_text(w, at, s->text);
        else if (s->kind == SEGMENT_ONE_OF)
            at = walk_one_of(w, at, s->text);
        else
            at = walk_many(w, at, w->by_field[s->kind]);
    }
    return walk_many(w, at, w->by_byte[' '] | w->by_byte['\r']) & w->whole;
}

/* The literal text that a template ends with; ptr NULL: none. */
static struct span tail_of(const struct template *t)
{
    const struct segment *s = &t->segments[t->segment_count - 1];
    char last = s->kind == SEGMENT_LITERAL ? s->text.ptr[s->text.len - 1] : ' ';
    return last == ' ' || last == '\r' ? SPAN_NONE : s->text;
}

static bool ends_differ(struct span a, struct span b)
{
    for (size_t i = 1; i <= a.len && i <= b.len; i++)
        if (lower(a.ptr[a.len - i]) != lower(b.ptr[b.len - i]))
            return true;
    return false;
}

static bool begin_alike(const bool a[256], const bool b[256])
{
    for (int c = 0; c < 256; c++)
        if (a[c] && b[c])
            return true;
    return false;
}

/* The templates of `stage` that are less specific than u and of which a message may fit u, too. */
static void mark_rivals(
    struct catalogue *cat, uint32_t u_rank, enum stage_kind stage, const struct needles *needles)
{
    const struct template *u = &cat->templates[cat->by_rank[u_rank]];
    struct walk walks[NEEDLES_MAX];
    bool u_begins[256], begins[256];
    template_begins(u, u_begins);
    for (size_t k = 0; k < needles->count; k++)
        walks[k] = walk_for(span_from(needles->text[k], needles->len[k]));
    for (uint32_t rank = u_rank + 1; rank < cat->template_count; rank++) {
        const struct template *t = &cat->templates[cat->by_rank[rank]];
        bool fits = stage == STAGE_WHOLE;
        for (size_t k = 0; k < needles->count && !fits; k++)
            fits = may_hold(t, &walks[k]);
        if (!fits || ends_differ(tail_of(u), tail_of(t)))
            continue;
        template_begins(t, begins);
        if (begin_alike(u_begins, begins))
            cat->rivals[rank] |= (uint8_t)(1 << stage);
    }
}

void catalogue_find_rivals(struct catalogue *cat)
{
    for (uint32_t rank = 0; rank < cat->template_count; rank++) {
        struct needles needles;
        template_needles(&cat->templates[cat->by_rank[rank]], &needles);
        if (needles.stage != STAGE_HEAD)
            mark_rivals(cat, rank, needles.stage, &needles);
    }
}
