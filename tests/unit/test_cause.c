#include "classify/cause.h"
#include "classify/cause_why.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>

static const char *slug(uint64_t facts, enum cause_when when)
{
    const struct cause_rule *r = cause_of(cause_decide(facts, when));
    return r ? r->cause : "";
}

#define B(fact) FACT_BIT(FACT_##fact)

Test(cause, silence_of_an_established_peer_is_path_loss)
{
    cr_assert_str_eq(slug(B(INFO_UNANSWERED) | B(INFO_GIVEN_UP), WHEN_LOST), "path-loss");
    cr_assert_str_eq(slug(B(CHILD_UNANSWERED) | B(CHILD_GIVEN_UP), WHEN_LOST), "rekey-unanswered");
}

Test(cause, an_own_line_outranks_the_peers_notify)
{
    cr_assert_str_eq(
        slug(B(AUTH_FAILED_BY_US) | B(MAC_MISMATCHED) | B(AUTH_FAILED), WHEN_ATTEMPT), "psk-mismatch");
    cr_assert_str_eq(slug(B(AUTH_FAILED) | B(PSK_USED), WHEN_ATTEMPT), "auth-rejected-by-peer");
}

Test(cause, pfs_is_told_from_esp_by_the_group_alone)
{
    cr_assert_str_eq(slug(B(CHILD_REFUSED_BY_US) | B(ONLY_GROUP_DIFFERS), WHEN_LOST), "pfs-mismatch");
    cr_assert_str_eq(slug(B(CHILD_REFUSED_BY_US), WHEN_LOST), "esp-proposal-mismatch");
}

Test(cause, an_operators_terminate_is_not_a_fault_of_the_peer)
{
    cr_assert_str_eq(slug(B(TERMINATE_REQUESTED) | B(IKE_DELETE_SENT), WHEN_LOST), "local-operator");
}

Test(cause, without_facts_the_answer_is_no_evidence_and_nothing_for_an_attempt)
{
    cr_assert_str_eq(slug(0, WHEN_LOST), "no-evidence");
    cr_assert_str_eq(slug(0, WHEN_ATTEMPT), "");
}

Test(cause, every_slug_of_the_table_is_in_the_catalogue)
{
    for (size_t i = 0; i < cause_rule_count(); i++) {
        const struct cause_rule *r = cause_rule_at(i);
        cr_assert_not_null(catalogue_cause(corpus_catalogue(), span_of(r->cause)), "%s", r->cause);
        for (const char *p = r->alternatives; *p;) {
            size_t n = strcspn(p, " ");
            cr_assert_not_null(catalogue_cause(corpus_catalogue(), span_from(p, n)), "%.*s", (int)n, p);
            p += n + (p[n] == ' ');
        }
    }
}

/* The first rule of this cause that is about losses (attempts). */
static struct cause_reason reason(const char *cause, uint64_t facts, bool attempt)
{
    struct cause_reason r;
    for (size_t i = 0; i < cause_why_count(); i++)
        if (cause_why(i, facts, attempt, &r) && strcmp(r.cause, cause) == 0)
            return r;
    cr_assert(false, "no rule of %s", cause);
    return r;
}

Test(cause_why, the_rule_that_decides_is_the_first_that_fits)
{
    const uint64_t sets[] = {0, B(IKE_DELETE_RECEIVED), B(INFO_GIVEN_UP) | B(ADDRESS_CHANGED),
        B(CHILD_REFUSED_BY_US) | B(ONLY_GROUP_DIFFERS), B(MAC_MISMATCHED) | B(IKEV1), ~UINT64_C(0)};
    for (size_t k = 0; k < 2 * sizeof(sets) / sizeof(sets[0]); k++) {
        bool attempt = k % 2;
        int first = -1;
        struct cause_reason r;
        for (size_t i = 0; first < 0 && i < cause_why_count(); i++)
            if (cause_why(i, sets[k / 2], attempt, &r) && r.fits)
                first = (int)i;
        cr_expect_eq(first, cause_decide(sets[k / 2], attempt ? WHEN_ATTEMPT : WHEN_LOST).rule);
    }
}

Test(cause_why, a_missing_fact_is_named)
{
    struct cause_reason r = reason("peer-reauth", B(IKE_DELETE_RECEIVED), false);
    cr_expect_not(r.fits);
    cr_expect_eq(r.lacking, B(PEER_CAME_BACK));
    cr_expect_eq(r.held, B(IKE_DELETE_RECEIVED));
    cr_expect_eq(cause_why_lacks(&r), 1);
}

Test(cause_why, alternatives_lack_only_when_none_of_them_is_there)
{
    struct cause_reason r = reason("peer-id-mismatch", 0, true);
    cr_expect_eq(r.lacking_any, B(ID_REFUSED) | B(NO_PEER_CONFIG));
    cr_expect_eq(cause_why_lacks(&r), 1);
    r = reason("peer-id-mismatch", B(NO_PEER_CONFIG), true);
    cr_expect_eq(r.lacking_any, 0);
    cr_expect(r.fits);
}

Test(cause_why, a_fact_that_speaks_against_is_told_apart_from_a_lack)
{
    struct cause_reason r = reason("local-reauth", B(REAUTHENTICATING) | B(IKE_DELETE_RECEIVED), false);
    cr_expect_not(r.fits);
    cr_expect_eq(r.lacking, 0);
    cr_expect_eq(r.against, B(IKE_DELETE_RECEIVED));
    cr_expect_eq(cause_why_lacks(&r), 0);
}

Test(cause_why, a_rule_of_losses_says_nothing_of_an_attempt)
{
    struct cause_reason r;
    cr_assert_str_eq(cause_rule_at(0)->cause, "device-reboot");
    cr_expect_not(cause_why(0, B(REBOOTED), true, &r));
    cr_expect(cause_why(0, B(REBOOTED), false, &r));
}
