#include "classify/cause.h"
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
