#include "classify/proposal_fix.h"

enum kind { KIND_ENCRYPTION, KIND_INTEGRITY, KIND_GROUP, KIND_PRF, KIND_OTHER };

/* One transform in four tongues; NULL: that side cannot say it. */
static const struct word {
    const char *name, *vedge, *ios_ike, *ios_esp;
    enum kind kind;
} words[] = {
    {"AES_CBC_256", "aes256-cbc", "aes-cbc-256", "esp-aes 256", KIND_ENCRYPTION},
    {"AES_CBC_192", NULL, "aes-cbc-192", "esp-aes 192", KIND_ENCRYPTION},
    {"AES_CBC_128", "aes128-cbc", "aes-cbc-128", "esp-aes", KIND_ENCRYPTION},
    {"AES_GCM_16_256", "aes256-gcm", "aes-gcm-256", "esp-gcm 256", KIND_ENCRYPTION},
    {"AES_GCM_16_128", NULL, "aes-gcm-128", "esp-gcm", KIND_ENCRYPTION},
    {"3DES_CBC", NULL, "3des", "esp-3des", KIND_ENCRYPTION},
    {"NULL", "null", NULL, "esp-null", KIND_ENCRYPTION},
    {"HMAC_MD5_96", NULL, "md5", "esp-md5-hmac", KIND_INTEGRITY},
    {"HMAC_SHA1_96", "sha1", "sha1", "esp-sha-hmac", KIND_INTEGRITY},
    {"HMAC_SHA2_256_128", "sha2", "sha256", "esp-sha256-hmac", KIND_INTEGRITY},
    {"HMAC_SHA2_384_192", NULL, "sha384", "esp-sha384-hmac", KIND_INTEGRITY},
    {"HMAC_SHA2_512_256", NULL, "sha512", "esp-sha512-hmac", KIND_INTEGRITY},
};

/* A proposal by kind. */
struct parts {
    bool ike;
    struct word encryption, integrity; /* name NULL: none, or one not in the table */
    int group;                         /* IANA number, 0: none */
    bool strange;                      /* holds a cipher that the table does not know */
};

static const struct word *word_of(struct span name)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (span_eq(name, span_of(words[i].name)))
            return &words[i];
    return NULL;
}

static bool ignorable(struct span name)
{
    return span_starts(name, SPAN("PRF_")) || span_eq(name, SPAN("NO_EXT_SEQ")) ||
           span_eq(name, SPAN("EXT_SEQ"));
}

static struct parts parts_of(struct span proposal)
{
    struct parts p = {.ike = span_starts(proposal, SPAN("IKE:"))};
    const char *colon = proposal.len ? memchr(proposal.ptr, ':', proposal.len) : NULL;
    struct span rest = colon ? span_skip(proposal, (size_t)(colon - proposal.ptr) + 1) : proposal;
    while (rest.len) {
        const char *slash = memchr(rest.ptr, '/', rest.len);
        struct span name = {rest.ptr, slash ? (size_t)(slash - rest.ptr) : rest.len};
        const struct word *w = word_of(name);
        int group = proposal_group_number(name);
        if (group)
            p.group = group;
        else if (w && w->kind == KIND_ENCRYPTION)
            p.encryption = *w;
        else if (w)
            p.integrity = *w;
        else if (!ignorable(name))
            p.strange = true;
        rest = span_skip(rest, name.len + 1);
    }
    return p;
}

static bool vedge_group(const struct parts *p)
{
    return p->group == 2 || (p->group >= 14 && p->group <= 16) || (p->group == 0 && !p->ike);
}

/* The suites that the vEdge's CLI has. */
static bool vedge_suite(const struct parts *p)
{
    if (p->strange || !p->encryption.vedge || (p->integrity.name && !p->integrity.vedge))
        return false;
    bool gcm = strcmp(p->encryption.vedge, "aes256-gcm") == 0;
    if (p->ike)
        return !gcm && p->integrity.name && strcmp(p->encryption.vedge, "null") != 0;
    bool sha1 = p->integrity.name && strcmp(p->integrity.vedge, "sha1") == 0;
    return gcm ? !p->integrity.name : sha1 && strcmp(p->encryption.vedge, "aes128-cbc") != 0;
}

static struct span vedge_cipher(const struct parts *p, struct arena *a)
{
    return arena_printf(a, "`%s cipher-suite %s%s%s`", p->ike ? "ike" : "ipsec", p->encryption.vedge,
        p->integrity.name ? "-" : "", p->integrity.name ? p->integrity.vedge : "");
}

static struct span vedge_pfs(const struct parts *p, struct arena *a)
{
    if (p->ike)
        return arena_printf(a, "`ike group %d`", p->group);
    return p->group ? arena_printf(a, "`ipsec perfect-forward-secrecy group-%d`", p->group)
                    : arena_printf(a, "`ipsec perfect-forward-secrecy none`");
}

static struct span ios_cipher(const struct parts *p, struct arena *a)
{
    if (p->ike)
        return arena_printf(a, "`encryption %s`, `integrity %s` in its `crypto ikev2 proposal`",
            p->encryption.ios_ike, p->integrity.name ? p->integrity.ios_ike : "(none with GCM)");
    return arena_printf(a, "`crypto ipsec transform-set NAME %s%s%s`", p->encryption.ios_esp,
        p->integrity.name ? " " : "", p->integrity.name ? p->integrity.ios_esp : "");
}

static struct span ios_pfs(const struct parts *p, struct arena *a)
{
    if (p->ike)
        return arena_printf(a, "`group %d` in its `crypto ikev2 proposal`", p->group);
    return p->group ? arena_printf(a, "`set pfs group%d` in its `crypto ipsec profile`", p->group)
                    : arena_printf(a, "`no set pfs` in its `crypto ipsec profile`");
}

static bool same_cipher(const struct parts *a, const struct parts *b)
{
    return a->encryption.name == b->encryption.name && a->integrity.name == b->integrity.name &&
           a->strange == b->strange;
}

static struct span both(struct span x, struct span y, struct arena *a)
{
    if (!x.len || !y.len)
        return x.len ? x : y;
    return arena_printf(a, "%.*s and %.*s", (int)x.len, x.ptr, (int)y.len, y.ptr);
}

struct span proposal_fix(struct span received, struct span configured, struct arena *arena)
{
    struct parts theirs = parts_of(received), ours = parts_of(configured);
    bool cipher = !same_cipher(&theirs, &ours), group = theirs.group != ours.group;
    bool can = (!cipher || vedge_suite(&theirs)) && (!group || vedge_group(&theirs));
    struct span here = SPAN(""), there = SPAN("");
    if (can)
        here = both(
            cipher ? vedge_cipher(&theirs, arena) : here, group ? vedge_pfs(&theirs, arena) : here, arena);
    if (ours.encryption.name && !ours.strange)
        there = both(cipher ? ios_cipher(&ours, arena) : there, group ? ios_pfs(&ours, arena) : there, arena);
    if (!there.len)
        there = SPAN("a proposal that the vEdge has");
    if (!can || !here.len)
        return arena_printf(arena, "the vEdge has no suite like the peer's: on the peer (IOS-XE) set %.*s",
            (int)there.len, there.ptr);
    return arena_printf(arena, "on the vEdge set %.*s; or on the peer (IOS-XE) %.*s", (int)here.len, here.ptr,
        (int)there.len, there.ptr);
}
