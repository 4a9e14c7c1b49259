#include "classify/proposal.h"

#include <criterion/criterion.h>

#define DOC_RECEIVED                                                                                                   \
    "ESP:AES_GCM_16_256/NO_EXT_SEQ, ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ, ESP:3DES_CBC/HMAC_SHA1_96/NO_EXT_SEQ"

Test(proposal, the_documents_pfs_mismatch_differs_in_the_group_alone)
{
    cr_assert(proposal_only_group_differs(SPAN(DOC_RECEIVED), SPAN("ESP:AES_CBC_256/HMAC_SHA1_96/MODP_4096/NO_EXT_SEQ")));
    cr_assert(!proposal_only_group_differs(SPAN(DOC_RECEIVED), SPAN("ESP:AES_CBC_128/HMAC_SHA2_256_128/MODP_4096/NO_EXT_SEQ")));
    cr_assert(!proposal_only_group_differs(SPAN("ESP:NULL/HMAC_SHA1_96/NO_EXT_SEQ"), SPAN("ESP:NULL/HMAC_SHA1_96/NO_EXT_SEQ")), "equal");
}

Test(proposal, the_difference_is_told_with_its_fix)
{
    struct arena *a = arena_new(4096);
    struct span json = proposal_diff_json(SPAN(DOC_RECEIVED), SPAN("ESP:AES_CBC_256/HMAC_SHA1_96/MODP_4096/NO_EXT_SEQ"), a);
    cr_assert(span_find(json, SPAN("\"only_configured\": [\"MODP_4096\"], \"only_received\": []")) >= 0, "%.*s", (int)json.len, json.ptr);
    cr_assert(span_find(json, SPAN("PFS group 16 on the peer")) >= 0);
    json = proposal_diff_json(SPAN("ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ"), SPAN("ESP:AES_GCM_16_256/MODP_4096/NO_EXT_SEQ"), a);
    cr_assert(span_find(json, SPAN("perfect-forward-secrecy group-14")) >= 0, "%.*s", (int)json.len, json.ptr);
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
