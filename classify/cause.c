#include "classify/cause.h"

#define B(fact) FACT_BIT(FACT_##fact)
#define LIVENESS_LOST (B(INFO_GIVEN_UP) | B(CHILD_GIVEN_UP))
#define RENEWAL_ENDS (B(IKE_DELETE_SENT) | B(IKE_DELETE_RECEIVED) | B(INIT_GIVEN_UP) | B(AUTH_GIVEN_UP))

/* Rule of precedence: what the device itself did, then a line of its own that decides, then the peer's
 * notify, then silence. */
static const struct cause_rule rules[] = {
    /* cause, alternatives, all, any, none, when, confidence */

    /* the device as a whole */
    {"device-reboot", "", B(REBOOTED), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},
    {"local-daemon-restart", "", B(DAEMON_STOPPED), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},
    {"admin-shutdown", "", B(ADMIN_DOWN), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},
    {"local-operator", "", B(TERMINATE_REQUESTED), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},
    {"local-reauth", "", B(REAUTHENTICATING), 0, B(IKE_DELETE_RECEIVED), WHEN_LOST, CONFIDENCE_CERTAIN},
    {"local-uplink-lost", "", B(UPLINK_LOST), 0, B(IKE_DELETE_RECEIVED), WHEN_LOST, CONFIDENCE_CERTAIN},
    {"local-uplink-lost", "path-loss", B(SEND_FAILED), B(INFO_GIVEN_UP) | B(CHILD_GIVEN_UP), 0, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"local-daemon-restart", "", B(DAEMON_STARTED), 0, 0, WHEN_LOST, CONFIDENCE_LIKELY},

    /* refusals that outlive the SA they were about */
    {"ike-rekey-proposal-mismatch", "", 0, B(IKE_REKEY_REFUSED) | B(IKE_REKEY_REFUSED_BY_US),
        B(INFO_GIVEN_UP) | B(CHILD_GIVEN_UP), WHEN_LOST, CONFIDENCE_CERTAIN},
    {"pfs-mismatch", "", B(CHILD_REFUSED_BY_US) | B(ONLY_GROUP_DIFFERS), 0, B(INFO_GIVEN_UP),
        WHEN_LOST | WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"esp-proposal-mismatch", "", B(CHILD_REFUSED_BY_US), 0, B(INFO_GIVEN_UP), WHEN_LOST | WHEN_ATTEMPT,
        CONFIDENCE_CERTAIN},
    {"pfs-mismatch", "esp-proposal-changed", B(CHILD_REFUSED), 0, B(INFO_GIVEN_UP), WHEN_LOST | WHEN_ATTEMPT,
        CONFIDENCE_LIKELY},

    /* IKEv1 renews by another phase 1: the tunnel ends with it, or with the lifetime of the one before */
    {"psk-mismatch", "corrupt-messages", B(IKEV1) | B(MAC_MISMATCHED), RENEWAL_ENDS, LIVENESS_LOST, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"psk-missing", "", B(IKEV1) | B(PSK_MISSING), RENEWAL_ENDS, LIVENESS_LOST, WHEN_LOST, CONFIDENCE_LIKELY},
    {"peer-id-mismatch", "", B(IKEV1) | B(ID_REFUSED), RENEWAL_ENDS, LIVENESS_LOST, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"peer-id-mismatch", "", B(IKEV1) | B(NO_PEER_CONFIG), RENEWAL_ENDS, LIVENESS_LOST, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"ike-rekey-proposal-mismatch", "", B(IKEV1) | B(IKE_REFUSED), RENEWAL_ENDS, LIVENESS_LOST, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"ike-rekey-proposal-mismatch", "", B(IKEV1) | B(IKE_REFUSED_BY_US), RENEWAL_ENDS, LIVENESS_LOST,
        WHEN_LOST, CONFIDENCE_LIKELY},
    {"auth-rejected-by-peer", "psk-mismatch peer-id-mismatch no-config-at-peer", B(IKEV1) | B(AUTH_FAILED),
        RENEWAL_ENDS, LIVENESS_LOST, WHEN_LOST, CONFIDENCE_LIKELY},

    /* the peer */
    {"peer-restart", "", B(INITIAL_CONTACT), 0, B(INFO_GIVEN_UP), WHEN_LOST, CONFIDENCE_CERTAIN},
    {"peer-reauth", "peer-delete", B(IKE_DELETE_RECEIVED) | B(PEER_CAME_BACK), 0, 0, WHEN_LOST,
        CONFIDENCE_CERTAIN},
    {"peer-delete", "peer-operator", B(IKE_DELETE_RECEIVED), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},

    /* silence on an established SA */
    {"corrupt-messages", "path-loss", B(CORRUPT), B(INFO_GIVEN_UP) | B(CHILD_GIVEN_UP), 0, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"local-address-changed", "path-loss", B(ADDRESS_CHANGED), B(INFO_GIVEN_UP) | B(CHILD_GIVEN_UP), 0,
        WHEN_LOST, CONFIDENCE_LIKELY},
    {"rekey-unanswered", "path-loss", B(CHILD_GIVEN_UP), 0, 0, WHEN_LOST, CONFIDENCE_LIKELY},
    {"path-loss", "peer-dead", B(INFO_GIVEN_UP), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},
    {"rekey-collision", "peer-delete-child", B(REKEY_COLLISION) | B(CHILD_DELETE_RECEIVED), 0, 0, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"peer-delete-child", "peer-operator", B(CHILD_DELETE_RECEIVED), 0, 0, WHEN_LOST, CONFIDENCE_CERTAIN},
    {"lifetime-expired", "", B(CHILD_EXPIRED), 0, 0, WHEN_LOST, CONFIDENCE_LIKELY},
    {"rekey-unanswered", "path-loss", B(IKEV1), B(INIT_GIVEN_UP) | B(AUTH_GIVEN_UP), 0, WHEN_LOST,
        CONFIDENCE_LIKELY},
    {"rekey-unanswered", "path-loss", B(CHILD_UNANSWERED), 0, 0, WHEN_LOST, CONFIDENCE_POSSIBLE},
    {"path-loss", "peer-dead", B(INFO_UNANSWERED), 0, 0, WHEN_LOST, CONFIDENCE_POSSIBLE},
    {"duplicate-ike-sa", "", B(DUPLICATE), 0, 0, WHEN_LOST, CONFIDENCE_POSSIBLE},
    {"local-address-changed", "", B(ADDRESS_CHANGED), 0, 0, WHEN_LOST, CONFIDENCE_LIKELY},
    {"resource-exhausted", "", B(RESOURCES_SHORT), 0, 0, WHEN_LOST, CONFIDENCE_POSSIBLE},
    {"config-change", "", B(CONFIG_COMMITTED), 0, 0, WHEN_LOST, CONFIDENCE_POSSIBLE},

    /* attempts: a line of our own decides */
    {"psk-mismatch", "corrupt-messages", B(MAC_MISMATCHED) | B(IKEV1), 0, 0, WHEN_ATTEMPT,
        CONFIDENCE_CERTAIN},
    {"psk-mismatch", "", B(MAC_MISMATCHED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"psk-missing", "", B(PSK_MISSING), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"own-key-missing", "", B(OWN_KEY_MISSING), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"cert-expired", "", B(CERT_INVALID), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"cert-untrusted", "", B(KEY_UNTRUSTED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"auth-method-mismatch", "", B(METHOD_REFUSED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"peer-id-mismatch", "", 0, B(ID_REFUSED) | B(NO_PEER_CONFIG), 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"eap-failed", "", B(EAP_FAILED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"child-install-failed", "", B(INSTALL_FAILED), 0, 0, WHEN_LOST | WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"half-open-limit", "", B(HALF_OPEN_LIMIT), 0, 0, WHEN_ATTEMPT, CONFIDENCE_LIKELY},
    {"virtual-ip-required", "", B(CP_REFUSED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"ike-mode-mismatch", "", B(MODE_REFUSED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"connection-not-loaded", "", B(NOT_LOADED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"ike-version-mismatch", "no-peer-config", B(NO_IKE_CONFIG) | B(PEER_KNOWN), 0, 0, WHEN_ATTEMPT,
        CONFIDENCE_LIKELY},
    {"no-peer-config", "", B(NO_IKE_CONFIG), 0, 0, WHEN_ATTEMPT, CONFIDENCE_LIKELY},

    /* attempts: a refusal on the wire */
    {"ike-proposal-mismatch", "", 0, B(IKE_REFUSED) | B(IKE_REFUSED_BY_US), 0, WHEN_ATTEMPT,
        CONFIDENCE_CERTAIN},
    {"ke-group-mismatch", "", B(KE_REFUSED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"ts-mismatch", "", B(TS_REFUSED), 0, 0, WHEN_LOST | WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"esp-proposal-mismatch", "", 0, B(ESP_REFUSED) | B(ESP_REFUSED_BY_US), 0, WHEN_ATTEMPT,
        CONFIDENCE_CERTAIN},
    {"auth-rejected-by-peer", "psk-mismatch peer-id-mismatch no-config-at-peer", B(AUTH_FAILED), 0, 0,
        WHEN_ATTEMPT, CONFIDENCE_LIKELY},

    /* attempts: silence */
    {"init-send-failed", "", B(SEND_FAILED) | B(INIT_GIVEN_UP), 0, 0, WHEN_ATTEMPT, CONFIDENCE_LIKELY},
    {"peer-unreachable", "udp500-blocked peer-port-closed", B(INIT_GIVEN_UP), 0, 0, WHEN_ATTEMPT,
        CONFIDENCE_CERTAIN},
    {"udp4500-blocked", "", B(AUTH_GIVEN_UP) | B(NAT_FOUND) | B(AUTH_ON_4500), 0, 0, WHEN_ATTEMPT,
        CONFIDENCE_CERTAIN},
    {"ike-auth-fragments-lost", "", B(AUTH_GIVEN_UP) | B(AUTH_LARGE), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"ike-auth-lost", "", B(AUTH_GIVEN_UP), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"responses-lost", "", B(HALF_OPEN_EXPIRED) | B(RESPONSE_RESENT), 0, 0, WHEN_ATTEMPT, CONFIDENCE_CERTAIN},
    {"ike-auth-lost", "responses-lost", B(HALF_OPEN_EXPIRED), 0, 0, WHEN_ATTEMPT, CONFIDENCE_LIKELY},

    {"corrupt-messages", "psk-mismatch", B(CORRUPT), 0, 0, WHEN_LOST | WHEN_ATTEMPT, CONFIDENCE_LIKELY},

    /* nothing in the log of charon says why */
    {"no-evidence", "", 0, 0, 0, WHEN_LOST, CONFIDENCE_POSSIBLE},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

static bool fits(const struct cause_rule *r, uint64_t facts, enum cause_when when)
{
    return (r->when & when) && (facts & r->all) == r->all && (!r->any || (facts & r->any)) &&
           !(facts & r->none);
}

struct verdict cause_decide(uint64_t facts, enum cause_when when)
{
    for (int16_t i = 0; i < RULE_COUNT; i++)
        if (fits(&rules[i], facts, when))
            return (struct verdict){i};
    return (struct verdict){-1};
}

size_t cause_rule_count(void)
{
    return RULE_COUNT;
}

const struct cause_rule *cause_rule_at(size_t i)
{
    return &rules[i];
}

const struct cause_rule *cause_of(struct verdict v)
{
    return v.rule < 0 ? NULL : &rules[v.rule];
}

bool cause_same(struct verdict a, struct verdict b)
{
    return (a.rule < 0) == (b.rule < 0) &&
           (a.rule < 0 || strcmp(rules[a.rule].cause, rules[b.rule].cause) == 0);
}
