#include "classify/proposal_fix.h"

#include <criterion/criterion.h>

#define DOC_RECEIVED                                                                                         \
    "ESP:AES_GCM_16_256/NO_EXT_SEQ, ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ, "                               \
    "ESP:3DES_CBC/HMAC_SHA1_96/NO_EXT_SEQ"

Test(proposal, the_documents_pfs_mismatch_differs_in_the_group_alone)
{
    cr_assert(proposal_only_group_differs(
        SPAN(DOC_RECEIVED), SPAN("ESP:AES_CBC_256/HMAC_SHA1_96/MODP_4096/NO_EXT_SEQ")));
    cr_assert(!proposal_only_group_differs(
        SPAN(DOC_RECEIVED), SPAN("ESP:AES_CBC_128/HMAC_SHA2_256_128/MODP_4096/NO_EXT_SEQ")));
    cr_assert(!proposal_only_group_differs(
                  SPAN("ESP:NULL/HMAC_SHA1_96/NO_EXT_SEQ"), SPAN("ESP:NULL/HMAC_SHA1_96/NO_EXT_SEQ")),
        "equal");
}

Test(proposal, the_difference_is_told_with_its_fix)
{
    struct arena *a = arena_new(4096);
    struct span json =
        proposal_diff_json(SPAN(DOC_RECEIVED), SPAN("ESP:AES_CBC_256/HMAC_SHA1_96/MODP_4096/NO_EXT_SEQ"), a);
    cr_assert(span_find(json, SPAN("\"only_configured\": [\"MODP_4096\"], \"only_received\": []")) >= 0,
        "%.*s", (int)json.len, json.ptr);
    cr_assert(span_find(json, SPAN("on the vEdge set `ipsec perfect-forward-secrecy none`; or on the peer "
                                   "(IOS-XE) `set pfs group16`")) >= 0,
        "%.*s", (int)json.len, json.ptr);
    arena_free(a);
}

Test(proposal, groups_have_their_iana_numbers)
{
    cr_assert_eq(proposal_group_number(SPAN("MODP_4096")), 16);
    cr_assert_eq(proposal_group_number(SPAN("CURVE_25519")), 31);
    cr_assert_eq(proposal_group_number(SPAN("AES_CBC_256")), 0);
}

Test(proposal, lists_of_another_protocol_or_of_nothing_have_no_difference)
{
    struct arena *a = arena_new(4096);
    cr_assert_null(proposal_diff_json(SPAN(""), SPAN("ESP:NULL/NO_EXT_SEQ"), a).ptr);
    cr_assert_null(proposal_diff_json(SPAN("IKE:AES_CBC_256"), SPAN("ESP:NULL/NO_EXT_SEQ"), a).ptr);
    arena_free(a);
}

static bool fixed(const char *received, const char *configured, const char *want)
{
    struct arena *a = arena_new(4096);
    struct span got = proposal_fix(span_of(received), span_of(configured), a);
    bool same = span_eq(got, span_of(want));
    if (!same)
        cr_log_error("%.*s", (int)got.len, got.ptr);
    arena_free(a);
    return same;
}

Test(proposal, the_fix_is_one_change_in_the_words_of_either_side)
{
    cr_assert(fixed("ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ", "ESP:AES_GCM_16_256/MODP_4096/NO_EXT_SEQ",
        "on the vEdge set `ipsec perfect-forward-secrecy group-14`; or on the peer (IOS-XE) `set pfs "
        "group16` in its `crypto ipsec profile`"));
    cr_assert(fixed("IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
        "IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048",
        "on the vEdge set `ike cipher-suite aes256-cbc-sha2`; or on the peer (IOS-XE) `encryption "
        "aes-cbc-256`, `integrity sha1` in its "
        "`crypto ikev2 proposal`"));
    cr_assert(fixed("ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ", "ESP:AES_GCM_16_256/NO_EXT_SEQ",
        "on the vEdge set `ipsec cipher-suite aes256-cbc-sha1`; or on the peer (IOS-XE) `crypto ipsec "
        "transform-set NAME esp-gcm 256`"));
}

Test(proposal, what_the_vedge_cannot_do_is_asked_of_the_peer)
{
    cr_assert(fixed("IKE:AES_CBC_256/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/ECP_384",
        "IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048",
        "the vEdge has no suite like the peer's: on the peer (IOS-XE) set `encryption aes-cbc-256`, "
        "`integrity sha1` in its "
        "`crypto ikev2 proposal` and `group 14` in its `crypto ikev2 proposal`"));
}
