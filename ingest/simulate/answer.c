#include "ingest/simulate/peers.h"

enum { AUTH_BYTES = 236, LARGE_AUTH_BYTES = 2256, CERT_AUTH_BYTES = 832 };
#define INIT_ANSWER "SA KE No N(NATD_S_IP) N(NATD_D_IP) "

void sim_fail(struct sim_tunnel *t, int64_t again_ms)
{
    sim_quiet(t);
    t->asked = RQ_NONE;
    t->sa.established = false;
    t->sa.child = 0;
    t->init_tries = 0;
    t->corrupt = false;
    t->probed_ms = 0;
    t->old = (struct sim_sa){0};
    if (sim_faults[t->fault].role == 'r')
        sim_arm(t, TM_PEER_INIT, again_ms + 3000);
    else if (again_ms)
        sim_arm(t, TM_START, again_ms);
}

static int64_t soon(struct sim_tunnel *t)
{
    return sim_random_of(&t->device->random, 15000, 45000);
}

static bool certificates(enum sim_fault_id f)
{
    return f == F_FRAGMENTS || f == F_FRAGMENTED || f == F_CERT_EXPIRED || f == F_CERT_UNTRUSTED;
}

/* The first answer is a refusal, or asks for another packet. @return whether that was all */
static bool init_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_IKE_PROP) {
        sim_say_got(j, 36);
        sim_say(j, "ENC", "parsed IKE_SA_INIT response 0 [ N(NO_PROP) ]");
        sim_say(j, "IKE", "received NO_PROPOSAL_CHOSEN notify error");
        sim_fail(t, soon(t));
        return true;
    }
    if (t->fault == F_KE_GROUP || (t->fault == F_KE_RETRY && t->init_tries == 1)) {
        sim_say_got(j, 38);
        sim_say(j, "ENC", "parsed IKE_SA_INIT response 0 [ N(INVAL_KE) ]");
        sim_say(j, "IKE", "peer didn't accept DH group MODP_2048, it requested %s",
            t->fault == F_KE_GROUP ? "ECP_521" : "MODP_4096");
        if (t->fault == F_KE_GROUP) {
            sim_say(j, "IKE", "requested DH group ECP_521 not supported");
            sim_fail(t, soon(t));
        } else {
            sim_initiate(j);
        }
        return true;
    }
    if (t->fault == F_COOKIE && t->init_tries == 1) {
        sim_say_got(j, 60);
        sim_say(j, "ENC", "parsed IKE_SA_INIT response 0 [ N(COOKIE) ]");
        sim_initiate(j);
        return true;
    }
    return false;
}

static void say_myself(struct sim_tunnel *t, const struct sim_job *j)
{
    bool large = t->fault == F_FRAGMENTS || t->fault == F_FRAGMENTED;
    if (!certificates(t->fault)) {
        sim_say(j, "IKE", "authentication of '%s' (myself) with pre-shared key", t->local);
        return;
    }
    sim_say(j, "IKE", "received cert request for \"C=US, O=Example Corp, CN=Example VPN Root CA\"");
    sim_say(j, "IKE", "sending cert request for \"C=US, O=Example Corp, CN=Example VPN Root CA\"");
    sim_say(j, "IKE", "authentication of '%s' (myself) with %s successful", t->local,
        large ? "RSA_EMSA_PKCS1_SHA2_384" : "ECDSA_WITH_SHA256_DER");
    sim_say(j, "IKE", "sending end entity cert \"C=US, O=Example Corp, CN=%s\"", t->local);
}

void sim_answer_init(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    bool certificate = certificates(t->fault);
    if (init_refused(t, &j))
        return;
    sim_say_got(&j, certificate ? 489 : 472);
    sim_say(&j, "ENC",
        "parsed IKE_SA_INIT response 0 [ " INIT_ANSWER "%s%sN(HASH_ALG) N(CHDLESS_SUP) N(MULT_AUTH) ]",
        certificate ? "CERTREQ " : "", t->fault == F_FRAGMENTS ? "" : "N(FRAG_SUP) ");
    sim_say(&j, "CFG", "selected proposal: " IKE_SUITE);
    if (t->fault == F_NAT4500 || t->fault == F_NAT) {
        sim_say(&j, "IKE", "local host is behind NAT, sending keep alives");
        t->port = 4500;
        sim_arm(t, TM_KEEP_ALIVE, 20000);
    }
    if (t->fault == F_OWN_KEY) {
        sim_say(&j, "IKE", "no private key found for '%s'", t->local);
        sim_fail(t, soon(t));
        return;
    }
    say_myself(t, &j);
    if (t->fault == F_PSK_MISSING) {
        sim_say(&j, "IKE", "no shared key found for '%s' - '%s'", t->local, t->peer_id);
        sim_fail(t, soon(t));
        return;
    }
    t->asked_child = sim_child_new(t, &t->sa);
    sim_say0(&j, "IKE", "establishing CHILD_SA %s{%u}", t->child_name, t->asked_child);
    sim_ask(&j, RQ_AUTH,
        t->fault == F_FRAGMENTS || t->fault == F_FRAGMENTED ? LARGE_AUTH_BYTES
        : certificate                                       ? CERT_AUTH_BYTES
                                                            : AUTH_BYTES);
}

static void we_refuse(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_say(j, "ENC", "generating INFORMATIONAL request %u [ N(AUTH_FAILED) ]", t->sa.mid_out);
    sim_say_sent(j, PACKET_SMALL);
    sim_fail(t, soon(t));
}

static void say_peer_cert(const struct sim_job *j, bool trusted)
{
    sim_say(j, "IKE", "received end entity cert \"C=US, O=Example Corp, CN=gw.example.com\"");
    sim_say(j, "CFG", "  using certificate \"C=US, O=Example Corp, CN=gw.example.com\"");
    if (trusted)
        sim_say(j, "CFG", "  using trusted ca certificate \"C=US, O=Example Corp, CN=Example VPN Root CA\"");
}

/* The peer's identity does not hold. @return whether that was all */
static bool auth_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    switch (t->fault) {
    case F_CERT_EXPIRED:
        say_peer_cert(j, true);
        sim_say(j, "CFG",
            "subject certificate invalid (valid from Jan 01 00:00:00 2024 to Jun 01 00:00:00 2025)");
        sim_say(j, "IKE", "no trusted ECDSA public key found for 'gw.example.com'");
        break;
    case F_CERT_UNTRUSTED:
        say_peer_cert(j, false);
        sim_say(j, "CFG", "no issuer certificate found for \"C=US, O=Example Corp, CN=gw.example.com\"");
        sim_say(j, "CFG", "  issuer is \"C=US, O=Other Corp, CN=Other Root CA\"");
        sim_say(j, "IKE", "no trusted ECDSA public key found for 'gw.example.com'");
        break;
    case F_AUTH_METHOD:
        say_peer_cert(j, true);
        sim_say(j, "IKE", "authentication of 'gw.example.com' with ECDSA_WITH_SHA256_DER successful");
        sim_say(j, "CFG", "constraint requires pre-shared key authentication, but public key was used");
        sim_say(j, "CFG", "selected peer config '%s' unacceptable: constraint checking failed", t->conn);
        sim_say(j, "CFG", "no alternative config found");
        break;
    case F_ID:
        sim_say(j, "IKE", "authentication of 'vpn-gw.partner.net' with pre-shared key successful");
        sim_say(j, "CFG", "constraint check failed: identity '%s' required ", t->peer_id);
        sim_say(j, "CFG", "selected peer config '%s' unacceptable: constraint checking failed", t->conn);
        sim_say(j, "CFG", "no alternative config found");
        break;
    default:
        return false;
    }
    we_refuse(t, j);
    return true;
}

static const char *auth_payloads(const struct sim_tunnel *t)
{
    switch (t->fault) {
    case F_PSK:
        return "N(AUTH_FAILED)";
    case F_ESP:
        return "IDr AUTH N(NO_PROP)";
    case F_TS:
        return "IDr AUTH N(TS_UNACCEPT)";
    case F_VIRTUAL_IP:
        return "IDr AUTH N(FAIL_CP_REQ)";
    case F_AUTH_METHOD:
    case F_CERT_EXPIRED:
    case F_CERT_UNTRUSTED:
    case F_FRAGMENTED:
        return "IDr CERT AUTH N(ESP_TFC_PAD_N) SA TSi TSr";
    default:
        return "IDr AUTH N(ESP_TFC_PAD_N) SA TSi TSr";
    }
}

static const char *refusal(const struct sim_tunnel *t)
{
    return t->fault == F_TS           ? "TS_UNACCEPTABLE"
           : t->fault == F_VIRTUAL_IP ? "FAILED_CP_REQUIRED"
                                      : "NO_PROPOSAL_CHOSEN";
}

/* The IKE_SA stays, the CHILD_SA is not built. */
static void child_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_INSTALL) {
        sim_say(j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
        sim_say(j, "CFG", "selected proposal: ESP:AES_GCM_16_256/NO_EXT_SEQ");
        sim_say(j, "IKE", "unable to install inbound and outbound IPsec SA (SAD) in kernel");
    } else {
        sim_say(j, "IKE", "received %s notify, no CHILD_SA built", refusal(t));
    }
    sim_say(j, "IKE", "failed to establish CHILD_SA, keeping IKE_SA");
    sim_arm(t, TM_START, soon(t));
}

static void say_child_up(struct sim_tunnel *t, const struct sim_job *j)
{
    struct sim_random *r = &t->device->random;
    t->sa.child = t->asked_child;
    t->sa.spi_in = 0xc0000000u | (uint32_t)(sim_random_next(r) & 0xfffffff);
    t->sa.spi_out = 0xc0000000u | (uint32_t)(sim_random_next(r) & 0xfffffff);
    sim_say(j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
    sim_say(j, "CFG", "selected proposal: ESP:AES_GCM_16_256/%sNO_EXT_SEQ",
        t->asked == RQ_AUTH ? "" : "MODP_2048/");
    sim_say0(j, "IKE", "CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS %s", t->child_name,
        t->sa.child, t->sa.spi_in, t->sa.spi_out,
        t->fault == F_NARROWED ? "10.1.0.0/16 === 10.200.0.0/16" : "0.0.0.0/0 === 0.0.0.0/0");
    sim_up(t);
    if (t->fault != F_LIFETIME)
        sim_arm(t, TM_CHILD_REKEY, (int64_t)t->child_rekey_s * sim_random_of(r, 900, 1000));
    sim_arm(t, TM_CHILD_HARD, (int64_t)t->child_rekey_s * 1100);
}

static void fragments_came(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    sim_say_got(&j, 1252);
    sim_say(&j, "ENC", "parsed IKE_AUTH response 1 [ EF(1/2) ]");
    sim_say(&j, "ENC", "received fragment #1 of 2, waiting for complete IKE message");
}

void sim_answer_auth(struct sim_tunnel *t)
{
    bool refused = t->fault == F_ESP || t->fault == F_TS || t->fault == F_INSTALL || t->fault == F_VIRTUAL_IP;
    bool rejected = t->fault == F_PSK || (t->fault == F_PATH_PSK && t->ever_up);
    struct sim_job j;
    if (t->fault == F_FRAGMENTED)
        fragments_came(t);
    j = sim_job_on(t, &t->sa);
    sim_say_got(&j, rejected ? PACKET_SMALL : refused ? 124 : t->fault == F_FRAGMENTED ? 996 : 204);
    if (t->fault == F_FRAGMENTED) {
        sim_say(&j, "ENC", "parsed IKE_AUTH response 1 [ EF(2/2) ]");
        sim_say(&j, "ENC", "received fragment #2 of 2, reassembled fragmented IKE message (2176 bytes)");
    }
    sim_say(&j, "ENC", "parsed IKE_AUTH response 1 [ %s ]", rejected ? "N(AUTH_FAILED)" : auth_payloads(t));
    if (rejected) {
        sim_say(&j, "IKE", "received AUTHENTICATION_FAILED notify error");
        sim_fail(t, soon(t));
        return;
    }
    if (auth_refused(t, &j))
        return;
    if (t->fault == F_FRAGMENTED) {
        say_peer_cert(&j, true);
        sim_say(&j, "IKE", "authentication of 'gw.example.com' with RSA_EMSA_PKCS1_SHA2_384 successful");
    } else {
        sim_say(&j, "IKE", "authentication of '%s' with pre-shared key successful", t->peer_id);
    }
    sim_say0(&j, "IKE", "IKE_SA %s[%u] established between %s[%s]...%s[%s]", t->conn, t->sa.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(&j, "IKE", "scheduling rekeying in %us", t->ike_rekey_s);
    sim_say(&j, "IKE", "maximum IKE_SA lifetime %us", t->ike_rekey_s + t->ike_rekey_s / 10);
    t->sa.established = true;
    sim_arm(t, TM_IKE_REKEY, (int64_t)t->ike_rekey_s * 1000);
    sim_arm(t, TM_IKE_HARD, (int64_t)t->ike_rekey_s * 1100);
    if (refused)
        child_refused(t, &j);
    else
        say_child_up(t, &j);
    t->asked = RQ_NONE;
    sim_living(t);
}

static void rekey_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    bool rekey = t->asked == RQ_CHILD_REKEY;
    uint32_t again_s = sim_random_of(&t->device->random, 5, 15);
    sim_say_got(j, PACKET_SMALL);
    sim_say(j, "ENC", "parsed CREATE_CHILD_SA response %u [ N(%s) ]", t->asked_mid,
        t->fault == F_TS           ? "TS_UNACCEPT"
        : t->fault == F_VIRTUAL_IP ? "FAIL_CP_REQ"
                                   : "NO_PROP");
    sim_say(j, "IKE", "received %s notify, no CHILD_SA built", refusal(t));
    sim_say(j, "IKE", "failed to establish CHILD_SA, keeping IKE_SA");
    if (rekey) {
        sim_say(j, "IKE", "CHILD_SA rekeying failed, trying again in %u seconds", again_s);
        sim_arm(t, TM_CHILD_REKEY, (int64_t)again_s * 1000);
    } else {
        sim_arm(t, TM_START, soon(t));
    }
    t->asked = RQ_NONE;
    sim_living(t);
}

static void say_rekeyed(struct sim_tunnel *t, const struct sim_job *j)
{
    struct sim_random *r = &t->device->random;
    const struct sim_sa old = t->sa;
    uint32_t in = 0xc0000000u | (uint32_t)(sim_random_next(r) & 0xfffffff);
    uint32_t out = 0xc0000000u | (uint32_t)(sim_random_next(r) & 0xfffffff);
    sim_say(j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
    sim_say(j, "CFG", "selected proposal: ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ");
    sim_say0(j, "IKE",
        "inbound CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, t->asked_child, in, out);
    sim_say0(j, "IKE",
        "outbound CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, t->asked_child, in, out);
    sim_say0(j, "IKE",
        "closing CHILD_SA %s{%u} with SPIs %08x_i (0 bytes) %08x_o (0 bytes) and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, old.child, old.spi_in, old.spi_out);
    sim_say(j, "IKE", "sending DELETE for ESP CHILD_SA with SPI %08x", old.spi_in);
    t->sa.child = t->asked_child;
    t->sa.spi_in = in;
    t->sa.spi_out = out;
    sim_arm(t, TM_CHILD_REKEY, (int64_t)t->child_rekey_s * sim_random_of(r, 900, 1000));
    sim_arm(t, TM_CHILD_HARD, (int64_t)t->child_rekey_s * 1100);
    t->asked_child = old.spi_out;
    sim_ask(j, RQ_CHILD_DELETE, PACKET_SMALL);
}

void sim_answer_child(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    if (t->fault == F_PFS || t->fault == F_ESP || t->fault == F_TS || t->fault == F_VIRTUAL_IP) {
        rekey_refused(t, &j);
        return;
    }
    sim_say_got(&j, 476);
    sim_say(
        &j, "ENC", "parsed CREATE_CHILD_SA response %u [ N(ESP_TFC_PAD_N) SA No KE TSi TSr ]", t->asked_mid);
    if (t->fault == F_INSTALL) {
        child_refused(t, &j);
        t->asked = RQ_NONE;
        sim_living(t);
    } else if (t->asked == RQ_CHILD_REKEY) {
        say_rekeyed(t, &j);
    } else {
        say_child_up(t, &j);
        t->asked = RQ_NONE;
        sim_living(t);
    }
}

void sim_answer_ike(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    if (t->fault == F_IKE_REKEY) {
        uint32_t again_s = sim_random_of(&t->device->random, 5, 15);
        sim_say_got(&j, PACKET_SMALL);
        sim_say(&j, "ENC", "parsed CREATE_CHILD_SA response %u [ N(NO_PROP) ]", t->asked_mid);
        sim_say(&j, "IKE", "received NO_PROPOSAL_CHOSEN notify error");
        sim_say(&j, "IKE", "IKE_SA rekeying failed, trying again in %u seconds", again_s);
        t->asked = RQ_NONE;
        sim_arm(t, TM_IKE_REKEY, (int64_t)again_s * 1000);
        sim_living(t);
        return;
    }
    sim_say_got(&j, 428);
    sim_say(&j, "ENC", "parsed CREATE_CHILD_SA response %u [ SA No KE ]", t->asked_mid);
    sim_say(&j, "CFG", "selected proposal: " IKE_SUITE);
    sim_say(&j, "IKE", "scheduling rekeying in %us", t->ike_rekey_s);
    sim_say(&j, "IKE", "maximum IKE_SA lifetime %us", t->ike_rekey_s + t->ike_rekey_s / 10);
    sim_say0(&j, "IKE", "IKE_SA %s[%u] rekeyed between %s[%s]...%s[%s]", t->conn, t->next.uid, t->local,
        t->local, t->peer, t->peer_id);
    t->next.established = true;
    t->next.child = t->sa.child;
    t->next.spi_in = t->sa.spi_in;
    t->next.spi_out = t->sa.spi_out;
    t->closing = NULL;
    sim_say0(&j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->sa.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(&j, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
    sim_arm(t, TM_IKE_REKEY, (int64_t)t->ike_rekey_s * 1000);
    sim_arm(t, TM_IKE_HARD, (int64_t)t->ike_rekey_s * 1100);
    sim_ask(&j, RQ_IKE_DELETE, PACKET_SMALL);
}
