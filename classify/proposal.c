#include "classify/proposal.h"
#include "classify/proposal_fix.h"

enum { TRANSFORMS_MAX = 24, PROPOSALS_MAX = 64 };

/* One proposal: ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ */
struct proposal {
    struct span text, protocol;
    struct span transforms[TRANSFORMS_MAX];
    size_t count;
};

static const struct {
    const char *name;
    int number;
} groups[] = {{"MODP_768", 1}, {"MODP_1024", 2}, {"MODP_1536", 5}, {"MODP_2048", 14}, {"MODP_3072", 15},
    {"MODP_4096", 16}, {"MODP_6144", 17}, {"MODP_8192", 18}, {"ECP_256", 19}, {"ECP_384", 20},
    {"ECP_521", 21}, {"MODP_1024_160", 22}, {"MODP_2048_224", 23}, {"MODP_2048_256", 24}, {"ECP_192", 25},
    {"ECP_224", 26}, {"ECP_224_BP", 27}, {"ECP_256_BP", 28}, {"ECP_384_BP", 29}, {"ECP_512_BP", 30},
    {"CURVE_25519", 31}, {"CURVE_448", 32}, {"ML_KEM_512", 35}, {"ML_KEM_768", 36}, {"ML_KEM_1024", 37}};

int proposal_group_number(struct span name)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (span_eq(name, span_of(groups[i].name)))
            return groups[i].number;
    return 0;
}

static struct span trimmed(struct span s)
{
    while (s.len && s.ptr[0] == ' ')
        s = span_skip(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\r'))
        s.len--;
    return s;
}

static void read_one(struct span s, struct proposal *p)
{
    *p = (struct proposal){.text = s};
    const char *colon = memchr(s.ptr, ':', s.len);
    p->protocol = colon ? span_from(s.ptr, (size_t)(colon - s.ptr)) : SPAN_NONE;
    s = colon ? span_skip(s, p->protocol.len + 1) : s;
    while (s.len && p->count < TRANSFORMS_MAX) {
        const char *slash = memchr(s.ptr, '/', s.len);
        struct span t = {s.ptr, slash ? (size_t)(slash - s.ptr) : s.len};
        if (t.len)
            p->transforms[p->count++] = t;
        s = span_skip(s, t.len + 1);
    }
}

static size_t read_list(struct span s, struct proposal *list)
{
    size_t n = 0;
    while (s.len && n < PROPOSALS_MAX) {
        const char *comma = memchr(s.ptr, ',', s.len);
        struct span one = trimmed(span_from(s.ptr, comma ? (size_t)(comma - s.ptr) : s.len));
        if (one.len)
            read_one(one, &list[n++]);
        s = comma ? span_skip(s, (size_t)(comma - s.ptr) + 1) : SPAN_NONE;
    }
    return n;
}

static bool has(const struct proposal *p, struct span transform)
{
    for (size_t i = 0; i < p->count; i++)
        if (span_eq(p->transforms[i], transform))
            return true;
    return false;
}

/* Transforms of a that b lacks. */
static size_t missing(const struct proposal *a, const struct proposal *b, struct span out[TRANSFORMS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < a->count; i++)
        if (!has(b, a->transforms[i]))
            out[n++] = a->transforms[i];
    return n;
}

/* The received and the configured proposal that differ in the fewest transforms; groups weigh least. */
static bool nearest_pair(const struct proposal *received, size_t n, const struct proposal *configured,
    size_t m, const struct proposal **r, const struct proposal **c)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < m; k++) {
            struct span diff[TRANSFORMS_MAX];
            size_t weight = 0;
            if (!span_eq(received[i].protocol, configured[k].protocol))
                continue;
            size_t count = missing(&received[i], &configured[k], diff);
            for (size_t d = 0; d < count; d++)
                weight += proposal_group_number(diff[d]) ? 1 : 4;
            count = missing(&configured[k], &received[i], diff);
            for (size_t d = 0; d < count; d++)
                weight += proposal_group_number(diff[d]) ? 1 : 4;
            if (weight < best) {
                best = weight;
                *r = &received[i];
                *c = &configured[k];
            }
        }
    }
    return best != SIZE_MAX;
}

static bool all_groups(const struct span *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!proposal_group_number(list[i]))
            return false;
    return true;
}

bool proposal_only_group_differs(struct span received_text, struct span configured_text)
{
    struct proposal received[PROPOSALS_MAX], configured[PROPOSALS_MAX];
    const struct proposal *r, *c;
    struct span more[TRANSFORMS_MAX], less[TRANSFORMS_MAX];
    size_t n = read_list(received_text, received), m = read_list(configured_text, configured);
    if (!nearest_pair(received, n, configured, m, &r, &c))
        return false;
    size_t a = missing(c, r, more), b = missing(r, c, less);
    return a + b > 0 && all_groups(more, a) && all_groups(less, b);
}

/* Names that charon prints hold no quote or control character; anything else becomes '?'. */
static struct span json_name(struct span s, struct arena *arena)
{
    char *p = arena_take(arena, s.len + 2);
    p[0] = '"';
    for (size_t i = 0; i < s.len; i++)
        p[i + 1] = s.ptr[i] < 0x20 || s.ptr[i] > 0x7e || s.ptr[i] == '"' || s.ptr[i] == '\\' ? '?' : s.ptr[i];
    p[s.len + 1] = '"';
    return span_from(p, s.len + 2);
}

static struct span json_names(const struct span *list, size_t n, struct arena *arena)
{
    struct span all = SPAN("");
    for (size_t i = 0; i < n; i++) {
        struct span one = json_name(list[i], arena);
        all = arena_printf(arena, "%.*s%s%.*s", (int)all.len, all.ptr, i ? ", " : "", (int)one.len, one.ptr);
    }
    return all;
}

static struct span json_texts(const struct proposal *list, size_t n, struct arena *arena)
{
    struct span texts[PROPOSALS_MAX];
    for (size_t i = 0; i < n; i++)
        texts[i] = list[i].text;
    return json_names(texts, n, arena);
}

struct span proposal_diff_json(struct span received_text, struct span configured_text, struct arena *arena)
{
    struct proposal received[PROPOSALS_MAX], configured[PROPOSALS_MAX];
    const struct proposal *r, *c;
    struct span more[TRANSFORMS_MAX], less[TRANSFORMS_MAX];
    size_t n = read_list(received_text, received), m = read_list(configured_text, configured);
    if (!nearest_pair(received, n, configured, m, &r, &c))
        return SPAN_NONE;
    size_t a = missing(c, r, more), b = missing(r, c, less);
    struct span all_r = json_texts(received, n, arena), all_c = json_texts(configured, m, arena);
    struct span only_c = json_names(more, a, arena), only_r = json_names(less, b, arena);
    struct span fix = json_name(proposal_fix(r->text, c->text, arena), arena);
    return arena_printf(arena,
        "{\"received\": [%.*s], \"configured\": [%.*s], \"only_configured\": [%.*s], \"only_received\": "
        "[%.*s], \"fix\": %.*s}",
        (int)all_r.len, all_r.ptr, (int)all_c.len, all_c.ptr, (int)only_c.len, only_c.ptr, (int)only_r.len,
        only_r.ptr, (int)fix.len, fix.ptr);
}
