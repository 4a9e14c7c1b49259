#include "ingest/explain_why.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define B(fact) FACT_BIT(FACT_##fact)

static struct explain_why *why;
static struct cause_reason *out;

static void set_up(void)
{
    why = explain_why_new();
    out = calloc(cause_why_count(), sizeof(*out));
    cr_assert(why && out);
}

static void tear_down(void)
{
    explain_why_free(why);
    free(out);
}

TestSuite(explain_why, .init = set_up, .fini = tear_down);

/* The decision on these facts: the first rule that fits. */
static struct classify_decision decision(uint64_t incident_id, uint64_t facts, bool attempt)
{
    struct classify_decision d = {.incident_id = incident_id, .facts = facts, .attempt = attempt, .rule = -1};
    struct cause_reason r;
    for (size_t i = 0; d.rule < 0 && i < cause_why_count(); i++)
        if (cause_why(i, facts, attempt, &r) && r.fits)
            d.rule = (int)i;
    for (int f = 0; f < FACT_COUNT; f++)
        d.lines[f] = -1;
    return d;
}

static void tell(uint64_t incident_id, uint64_t facts, bool blocker)
{
    struct classify_decision d = decision(incident_id, facts, blocker);
    d.blocker = blocker;
    explain_why_decided(why, &d);
}

static bool among(const char *cause, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(out[i].cause, cause) == 0)
            return true;
    return false;
}

Test(explain_why, the_last_decision_of_each_incident_counts)
{
    for (uint64_t round = 0; round < 300; round++)
        for (uint64_t id = 1; id <= 3; id++)
            tell(id, round == 299 ? B(INFO_GIVEN_UP) : B(INFO_UNANSWERED), false);
    cr_assert_eq(explain_why_settle(why), 0);
    for (uint64_t id = 1; id <= 3; id++)
        cr_expect_eq(explain_why_find(why, id, false)->facts, B(INFO_GIVEN_UP));
    cr_expect_null(explain_why_find(why, 4, false));
    cr_expect_null(explain_why_find(why, 1, true));
}

Test(explain_why, cause_and_blocker_are_two_decisions_and_a_blocker_may_go)
{
    tell(1, B(INFO_GIVEN_UP), false);
    tell(1, B(INIT_GIVEN_UP), true);
    tell(2, B(INFO_GIVEN_UP), false);
    tell(2, B(INIT_GIVEN_UP), true);
    tell(2, 0, true);
    cr_assert_eq(explain_why_settle(why), 0);
    cr_expect_eq(explain_why_find(why, 1, false)->facts, B(INFO_GIVEN_UP));
    cr_expect_eq(explain_why_find(why, 1, true)->facts, B(INIT_GIVEN_UP));
    cr_expect_null(explain_why_find(why, 2, true));
}

Test(explain_why, nothing_told_is_nothing_found)
{
    cr_assert_eq(explain_why_settle(why), 0);
    cr_expect_null(explain_why_find(why, 1, false));
}

Test(explain_why, the_nearest_miss_stands_first_and_what_is_behind_does_not_stand_at_all)
{
    struct classify_decision d = decision(1, B(IKE_DELETE_RECEIVED), false);
    size_t n = explain_why_rejected(&d, false, out);
    cr_assert_gt(n, 1);
    cr_expect_str_eq(out[0].cause, "peer-reauth");
    cr_expect(among("device-reboot", n));
    cr_expect_not(among("path-loss", n));
    cr_expect_not(among("peer-delete", n), "it fired");
}

Test(explain_why, what_is_only_ruled_out_lacks_least)
{
    struct classify_decision d = decision(1, B(REAUTHENTICATING) | B(IKE_DELETE_RECEIVED), false);
    size_t n = explain_why_rejected(&d, false, out);
    cr_assert_gt(n, 0);
    cr_expect_str_eq(out[0].cause, "local-reauth");
    cr_expect_eq(out[0].against, B(IKE_DELETE_RECEIVED));
}

Test(explain_why, a_rule_of_two_facts_is_shown_when_one_of_them_is_there)
{
    struct classify_decision d = decision(1, B(AUTH_GIVEN_UP), true);
    size_t n = explain_why_rejected(&d, false, out);
    cr_expect(among("udp4500-blocked", n));
    d = decision(1, B(HALF_OPEN_EXPIRED), true);
    n = explain_why_rejected(&d, false, out);
    cr_expect_not(among("udp4500-blocked", n));
}

Test(explain_why, all_shows_every_other_rule_of_its_kind)
{
    struct cause_reason r;
    struct classify_decision d = decision(1, B(IKE_DELETE_RECEIVED), false);
    size_t of_losses = 0, n = explain_why_rejected(&d, true, out);
    for (size_t i = 0; i < cause_why_count(); i++)
        of_losses += cause_why(i, 0, false, &r);
    cr_expect_eq(n, of_losses - 1);
    cr_expect(among("no-evidence", n));
}

static struct row_evidence line_of(const char *role, int64_t offset)
{
    return (struct row_evidence){.incident_id = 1, .role = span_of(role), .source_offset = offset};
}

Test(explain_why, a_fact_has_the_line_that_was_kept_for_it_else_the_only_one_of_its_role)
{
    struct row_evidence rows[] = {
        line_of("delete", 3), line_of("delete", 4), line_of("give-up", 5), line_of("refusal", 6)};
    void *at[] = {&rows[0], &rows[1], &rows[2], &rows[3]};
    const struct analysis a = {
        .evidence = {.at = at, .count = 4, .id_offset = offsetof(struct row_evidence, incident_id)}};
    struct classify_decision d = decision(
        1, B(IKE_DELETE_RECEIVED) | B(INFO_GIVEN_UP) | B(TS_REFUSED) | B(KE_REFUSED) | B(REBOOTED), false);
    d.lines[FACT_IKE_DELETE_RECEIVED] = 4;
    cr_expect_eq(explain_why_line(&a, &d, FACT_IKE_DELETE_RECEIVED), &rows[1]);
    cr_expect_eq(explain_why_line(&a, &d, FACT_INFO_GIVEN_UP), &rows[2]);
    cr_expect_null(explain_why_line(&a, &d, FACT_TS_REFUSED), "either could have been it");
    cr_expect_null(explain_why_line(&a, &d, FACT_REBOOTED));
}
