#include "ingest/simulate/out.h"
#include "ingest/simulate/simulate.h"
#include "ingest/simulate/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 3600000 };

/* The messages of one router of `shares` and, by the caller, its truth; to be freed. */
static char *log_of_shares(
    const struct sim_plan *shares, const char *faults, const struct sim_way *way, char **truth)
{
    struct sim_plan plan = *shares;
    uint64_t seed = plan.seed;
    plan.tunnels = 3;
    plan.began_ms = 1767571200000;
    plan.ends_ms = plan.began_ms + 4 * HOUR_MS;
    struct sim_lines lines = {.way = *way, .random = {seed}};
    struct sim_device d;
    char *text = NULL;
    size_t size, truth_size;
    const char *bad;
    cr_assert_eq(simulate_rates(faults, &plan, &bad), 0);
    cr_assert_eq(sim_device_init(&d, &plan, 0, &lines), 0);
    lines.messages = open_memstream(&text, &size);
    lines.host = d.name;
    lines.tunnels = d.tunnel;
    cr_assert_eq(sim_device_run(&d), 0);
    cr_assert_eq(sim_lines_flush(&lines), 0);
    fclose(lines.messages);
    FILE *out = open_memstream(truth, &truth_size);
    sim_truth_write(&d, out);
    fclose(out);
    sim_lines_free(&lines);
    sim_device_free(&d);
    return text;
}

static char *log_of(uint64_t seed, const char *faults, const struct sim_way *way, char **truth)
{
    return log_of_shares(&(struct sim_plan){.seed = seed}, faults, way, truth);
}

Test(simulate, the_same_seed_gives_the_same_bytes)
{
    const struct sim_way way = {.reorder_ms = 2000, .loss = 0.01};
    char *truth_a, *truth_b, *a = log_of(3, "all", &way, &truth_a), *b = log_of(3, "all", &way, &truth_b);
    cr_assert_str_eq(a, b);
    cr_assert_str_eq(truth_a, truth_b);
    free(a), free(b), free(truth_a), free(truth_b);
}

Test(simulate, another_seed_gives_another_log)
{
    const struct sim_way way = {0};
    char *truth_a, *truth_b, *a = log_of(3, "none", &way, &truth_a), *b = log_of(4, "none", &way, &truth_b);
    cr_assert_str_neq(a, b);
    free(a), free(b), free(truth_a), free(truth_b);
}

Test(simulate, a_fleet_without_faults_has_no_incident_and_is_up)
{
    const struct sim_way way = {0};
    char *truth, *log = log_of(5, "none", &way, &truth);
    cr_assert_null(strstr(truth, "\"cause\""));
    cr_assert_null(strstr(truth, "\"state\": \"down\""));
    cr_assert_not_null(strstr(log, "sending DPD request"));
    free(log), free(truth);
}

Test(simulate, a_fault_is_in_the_truth_and_its_line_in_the_log)
{
    const struct sim_way way = {0};
    char *truth, *log = log_of(6, "psk-mismatch-responder=1", &way, &truth);
    cr_assert_not_null(strstr(truth, "\"symptom\": \"not-established\", \"cause\": \"psk-mismatch\""));
    cr_assert_not_null(strstr(log, "but MAC mismatched"));
    free(log), free(truth);
}

struct shown {
    const char *fault, *truth, *line;
};

/* What a kind of fault leaves in the log of its router, and the truth of it. */
static void shows(const struct shown *w, double ikev1)
{
    const struct sim_way way = {0};
    char faults[64], *truth, *log;
    snprintf(faults, sizeof(faults), "%s=1", w->fault);
    log = log_of_shares(&(struct sim_plan){.seed = 8, .ikev1 = ikev1}, faults, &way, &truth);
    cr_assert_not_null(strstr(log, w->line), "%s: no \"%s\"", w->fault, w->line);
    if (w->truth)
        cr_assert_not_null(strstr(truth, w->truth), "%s: no %s", w->fault, w->truth);
    else
        cr_assert_null(strstr(truth, "\"cause\""), "%s is no fault", w->fault);
    free(log), free(truth);
}

Test(simulate, each_kind_leaves_its_line_and_its_truth)
{
    static const struct shown kinds[] = {
        {"own-key-missing", "\"cause\": \"own-key-missing\"", "no private key found for"},
        {"eap-failed", "\"cause\": \"eap-failed\"", "peer requested EAP, config unacceptable"},
        {"virtual-ip-required", "\"cause\": \"virtual-ip-required\"", "N(FAIL_CP_REQ)"},
        {"connection-not-loaded", "\"cause\": \"connection-not-loaded\"", "no config named"},
        {"ike-mode-mismatch", "\"cause\": \"ike-mode-mismatch\"", "Aggressive Mode PSK disabled"},
        {"no-peer-config", "\"tunnel\": \"unknown:", "no IKE config found for"},
        {"half-open-limit", "\"cause\": \"half-open-limit\"", "per-IP half-open IKE_SA limit of 5 reached"},
        {"lifetime-expired", "\"cause\": \"lifetime-expired\"", "closing expired CHILD_SA"},
        {"rekey-collision", "\"cause\": \"rekey-collision\"", "detected CHILD_REKEY collision"},
        {"duplicate-ike-sa", "\"cause\": \"duplicate-ike-sa\"", "due to uniqueness policy"},
        {"corrupt-messages", "\"cause\": \"corrupt-messages\"", "could not decrypt payloads"},
        {"config-change", "\"cause\": \"config-change\"", "updated vici connection"},
        {"resource-exhausted", "\"cause\": \"resource-exhausted\"", "warning:Red"},
        {"device-reboot", "\"cause\": \"device-reboot\"", "system-reboot-issued"},
        {"local-address-changed", "\"cause\": \"local-address-changed\"", "tloc-ip-change"},
        {"simultaneous-initiation", NULL, "is initiating an IKE_SA"},
        {"refused-alternatives", NULL, "proposal matches"},
        {"rekey-collision-kept", NULL, "CHILD_SA rekey collision"},
        {"peer-replaces-child", NULL, "received DELETE for ESP CHILD_SA"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        shows(&kinds[i], 0);
}

Test(simulate, each_kind_of_ikev1_leaves_its_line_and_its_truth)
{
    static const struct shown kinds[] = {
        {"healthy", NULL, "generating QUICK_MODE request"},
        {"healthy-responder", NULL, "is initiating a Main Mode IKE_SA"},
        {"nat", NULL, "[4500] to "},
        {"nat-responder", NULL, "remote host is behind NAT"},
        {"near-miss", NULL, "sending DPD request"},
        {"ike-proposal-mismatch", "\"cause\": \"ike-proposal-mismatch\"", "[ N(NO_PROP) ]"},
        {"ike-proposal-mismatch-responder", "\"cause\": \"ike-proposal-mismatch\"", "no proposal found"},
        {"psk-mismatch", "\"cause_also\": [\"corrupt-messages\"]", "invalid HASH_V1 payload length"},
        {"psk-mismatch-responder", "\"cause\": \"psk-mismatch\"", "invalid ID_V1 payload length"},
        {"psk-mismatch-aggressive", "\"cause\": \"psk-mismatch\"", "calculated HASH does not match"},
        {"psk-missing", "\"cause\": \"psk-missing\"", "[ N(INVAL_KE) ]"},
        {"peer-id-mismatch", "\"cause\": \"peer-id-mismatch\"", "does not match to"},
        {"peer-id-mismatch-responder", "\"cause\": \"peer-id-mismatch\"", "no peer config found"},
        {"ike-mode-mismatch", "\"cause\": \"ike-mode-mismatch\"", "Aggressive Mode PSK disabled"},
        {"ike-mode-mismatch-initiator", "\"cause\": \"ike-mode-mismatch\"",
            "AUTHENTICATION_FAILED error notify"},
        {"ike-version-mismatch", "\"cause\": \"ike-version-mismatch\"", "parsed IKE_SA_INIT request 0"},
        {"ike-version-mismatch-initiator", "\"cause\": \"ike-version-mismatch\"", "[ N(NO_PROP) ]"},
        {"esp-proposal-mismatch", "\"cause\": \"esp-proposal-mismatch\"", "[ HASH N(NO_PROP) ]"},
        {"esp-proposal-mismatch-responder", "\"cause\": \"esp-proposal-mismatch\"",
            "no matching proposal found"},
        {"ts-mismatch", "\"cause\": \"ts-mismatch\"", "[ HASH N(INVAL_ID) ]"},
        {"ts-mismatch-responder", "\"cause\": \"ts-mismatch\"", "no matching CHILD_SA config found"},
        {"child-install-failed", "\"cause\": \"child-install-failed\"", "unable to add SAD entry"},
        {"udp4500-blocked", "\"cause\": \"udp4500-blocked\"", "request message ID 0, seq 3"},
        {"responses-lost", "\"cause\": \"responses-lost\"", "received retransmit of request with ID 0"},
        {"path-loss", "\"cause\": \"path-loss\"", "DPD check timed out"},
        {"path-loss-then-psk", "\"blocker\": \"psk-mismatch\"", "invalid HASH_V1 payload length"},
        {"peer-delete", "\"cause\": \"peer-delete\"", "received DELETE for IKE_SA"},
        {"peer-delete-child", "\"cause\": \"peer-delete-child\"", "received DELETE for ESP CHILD_SA"},
        {"peer-restart", "\"cause\": \"peer-restart\"", "received INITIAL_CONTACT"},
        {"rekey-unanswered", "\"cause\": \"rekey-unanswered\"", "giving up after 3 retransmits"},
        {"local-operator", "\"cause\": \"local-operator\"", "vici terminate IKE_SA"},
        {"lifetime-expired", "\"cause\": \"lifetime-expired\"", "closing expired CHILD_SA"},
        {"local-daemon-restart", "\"cause\": \"local-daemon-restart\"", "SIGTERM received"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        shows(&kinds[i], 1);
}

Test(simulate, ikev1_renews_phase_1_and_outlives_its_old_child_without_an_incident)
{
    const struct sim_way way = {0};
    char *truth, *log = log_of_shares(&(struct sim_plan){.seed = 9, .ikev1 = 1}, "healthy=1", &way, &truth);
    cr_assert_not_null(strstr(log, "sending DELETE for IKE_SA"));
    cr_assert_not_null(strstr(log, "closing expired CHILD_SA"));
    cr_assert_null(strstr(log, "IKE_SA_INIT"));
    cr_assert_null(strstr(truth, "\"cause\""));
    cr_assert_null(strstr(truth, "\"state\": \"down\""));
    free(log), free(truth);
}

Test(simulate, both_versions_are_spoken_when_half_of_the_tunnels_are_ikev1)
{
    const struct sim_way way = {0};
    char *truth, *log = log_of_shares(&(struct sim_plan){.seed = 7, .ikev1 = 0.5}, "healthy=1", &way, &truth);
    cr_assert_not_null(strstr(truth, "\"ike_version\": 1"));
    cr_assert_not_null(strstr(truth, "\"ike_version\": 2"));
    cr_assert_not_null(strstr(log, "QUICK_MODE"));
    cr_assert_not_null(strstr(log, "IKE_SA_INIT"));
    free(log), free(truth);
}

Test(simulate, over_ipv6_no_address_of_a_tunnel_is_ipv4_but_behind_a_nat)
{
    const struct sim_way way = {0};
    char *truth, *log = log_of_shares(&(struct sim_plan){.seed = 3, .ipv6 = 1}, "path-loss=1", &way, &truth);
    cr_assert_not_null(strstr(log, "sending packet: from 2001:db8:"));
    cr_assert_null(strstr(log, "sending packet: from 10."));
    free(log), free(truth);
    log = log_of_shares(&(struct sim_plan){.seed = 3, .ipv6 = 1}, "nat=1", &way, &truth);
    cr_assert_null(strstr(log, "2001:db8:"));
    free(log), free(truth);
}

Test(simulate, a_wrong_fault_is_refused_by_its_name)
{
    struct sim_plan plan = {0};
    const char *bad = NULL;
    cr_assert_lt(simulate_rates("path-loss=0.1,moon=0.2", &plan, &bad), 0);
    cr_assert_eq(strncmp(bad, "moon", 4), 0);
}
