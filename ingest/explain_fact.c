#include "ingest/explain_fact.h"

static const char *const meanings[FACT_COUNT] = {
    [FACT_NONE] = "",
    [FACT_SETUP_UNANSWERED] = "the peer does not answer a new negotiation so far",
    [FACT_CHILD_UNANSWERED] = "the peer does not answer CREATE_CHILD_SA so far",
    [FACT_INFO_UNANSWERED] = "the peer does not answer a liveness probe so far",
    [FACT_INIT_GIVEN_UP] = "the peer never answered IKE_SA_INIT",
    [FACT_AUTH_GIVEN_UP] = "the peer never answered IKE_AUTH",
    [FACT_CHILD_GIVEN_UP] = "the peer never answered CREATE_CHILD_SA",
    [FACT_INFO_GIVEN_UP] = "the peer never answered a liveness probe: it counts as dead",
    [FACT_IKE_REFUSED] = "the peer refused the proposals for the IKE_SA",
    [FACT_IKE_REFUSED_BY_US] = "this device refused the peer's proposals for the IKE_SA",
    [FACT_IKE_REKEY_REFUSED] = "the peer refused to rekey the IKE_SA",
    [FACT_IKE_REKEY_REFUSED_BY_US] = "this device refused to rekey the IKE_SA",
    [FACT_ESP_REFUSED] = "the peer refused the proposals for ESP",
    [FACT_ESP_REFUSED_BY_US] = "this device refused the peer's proposals for ESP",
    [FACT_CHILD_REFUSED] = "the peer refused a new CHILD_SA",
    [FACT_CHILD_REFUSED_BY_US] = "this device refused a new CHILD_SA",
    [FACT_ONLY_GROUP_DIFFERS] = "the proposals differ in the Diffie-Hellman group alone",
    [FACT_KE_REFUSED] = "the two ends find no common Diffie-Hellman group",
    [FACT_TS_REFUSED] = "the traffic selectors of the two ends have nothing in common",
    [FACT_AUTH_FAILED] = "the peer rejected our authentication; only its own log says why",
    [FACT_AUTH_FAILED_BY_US] = "this device rejected the peer's authentication",
    [FACT_PSK_USED] = "this device authenticates itself by pre-shared key",
    [FACT_MAC_MISMATCHED] = "the pre-shared keys of the two ends differ",
    [FACT_PSK_MISSING] = "this device has no pre-shared key for this pair of identities",
    [FACT_ID_REFUSED] = "the peer's identity is not the one that is configured",
    [FACT_NO_PEER_CONFIG] = "no configured tunnel accepts this peer with this identity",
    [FACT_NO_IKE_CONFIG] = "no tunnel is configured for this pair of addresses",
    [FACT_METHOD_REFUSED] = "the peer's way of authenticating is not the one that is required",
    [FACT_CERT_INVALID] = "a certificate is expired, or not valid yet",
    [FACT_REKEY_COLLISION] = "both sides rekeyed the CHILD_SA at once",
    [FACT_KEY_UNTRUSTED] = "the peer's certificate is not trusted",
    [FACT_OWN_KEY_MISSING] = "this device lacks a usable private key of its own",
    [FACT_EAP_FAILED] = "EAP authentication failed",
    [FACT_NAT_FOUND] = "there is a NAT on the path: IKE and ESP go over UDP port 4500",
    [FACT_AUTH_ON_4500] = "IKE_AUTH went over UDP port 4500",
    [FACT_AUTH_LARGE] = "IKE_AUTH was larger than one packet of the path",
    [FACT_SEND_FAILED] = "this device could not send: no route, no address or no socket",
    [FACT_HALF_OPEN_EXPIRED] = "the peer began a negotiation and never finished it",
    [FACT_RESPONSE_RESENT] = "the peer asked again: our answer did not reach it the first time",
    [FACT_HALF_OPEN_LIMIT] = "this device ignores new negotiations because too many are unfinished",
    [FACT_INSTALL_FAILED] = "the keys or policies could not be installed in this device",
    [FACT_IKE_DELETE_RECEIVED] = "the peer closed the IKE_SA",
    [FACT_CHILD_DELETE_RECEIVED] = "the peer closed the CHILD_SA",
    [FACT_IKE_DELETE_SENT] = "this device closed the IKE_SA",
    [FACT_CHILD_EXPIRED] = "the CHILD_SA reached its hard lifetime without having been rekeyed",
    [FACT_TERMINATE_REQUESTED] = "somebody on this device asked for the end of the tunnel",
    [FACT_REAUTHENTICATING] = "a planned reauthentication: down for a moment",
    [FACT_PEER_CAME_BACK] = "the peer began anew right after its own DELETE",
    [FACT_INITIAL_CONTACT] = "the peer restarted and knows no earlier SA",
    [FACT_DUPLICATE] = "a second IKE_SA with the same identity replaced this one",
    [FACT_UPLINK_LOST] = "this device lost an interface",
    [FACT_DAEMON_STOPPED] = "charon was told to stop: every tunnel of the device ends",
    [FACT_DAEMON_STARTED] = "charon started: no tunnel of the device is up yet",
    [FACT_REBOOTED] = "the device reboots: every tunnel of it ends",
    [FACT_CONFIG_COMMITTED] = "a configuration was committed on this device",
    [FACT_ADDRESS_CHANGED] = "an address of this device changed",
    [FACT_CORRUPT] = "a message could not be read: damaged on the way, or made with another key",
    [FACT_CP_REFUSED] = "one end requires an address to be assigned, which the other does not ask for",
    [FACT_IKEV1] = "the negotiation is of IKE version 1",
    [FACT_MODE_REFUSED] = "one end wants main mode, the other aggressive mode",
    [FACT_NOT_LOADED] = "charon does not know the connection that it is asked for",
    [FACT_PEER_KNOWN] = "the peer's address is one of a configured tunnel",
    [FACT_RESOURCES_SHORT] = "this device is short of memory or disk",
    [FACT_ADMIN_DOWN] = "an operator shut the interface, if its new state is down",
};

static const char *const events[EVENT_KIND_COUNT] = {
#define EVENT(symbol, name, starts, meaning) [symbol] = meaning,
#define FIELD(symbol, name)
#include "classify/event.def"
#undef EVENT
#undef FIELD
};

const char *explain_fact(enum fact fact)
{
    return meanings[fact] ? meanings[fact] : fact_role(fact);
}

const char *explain_event(enum event_kind kind)
{
    return events[kind];
}
