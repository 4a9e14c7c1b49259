#include "ingest/simulate/peers.h"

#include <stdio.h>

static void peer_again(struct sim_tunnel *t)
{
    sim_arm(t, TM_PEER_INIT, sim_random_of(&t->device->random, 15000, 45000));
}

/* Level 2: an alternative that does not fit is no failure when the next one does. */
static void say_alternatives(
    const struct sim_tunnel *t, const struct sim_job *j, const char *no, const char *yes)
{
    if (t->fault != F_ALTERNATIVES)
        return;
    sim_say(j, "CFG", "selecting proposal:");
    sim_say(j, "CFG", "  no acceptable ENCRYPTION_ALGORITHM found");
    sim_say(j, "CFG", "selecting proposal:");
    sim_say(j, "CFG", "  proposal matches");
    sim_say(j, "CFG", "received proposals: %s, %s", no, yes);
    sim_say(j, "CFG", "configured proposals: %s", yes);
}

/* @return whether it was refused */
static bool init_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_VERSION_R) {
        sim_say(j, "ENC", "parsed ID_PROT request 0 [ SA V V V V V ]");
        sim_say(j, "IKE", "no IKE config found for %s...%s, sending NO_PROPOSAL_CHOSEN", t->local, t->peer);
        sim_say(j, "ENC", "generating INFORMATIONAL_V1 request %u [ N(NO_PROP) ]",
            (uint32_t)sim_random_next(&t->device->random));
        sim_say_sent(j, 40);
        return true;
    }
    sim_say(j, "ENC", "parsed IKE_SA_INIT request 0 [ " INIT_REQUEST " ]");
    if (t->fault == F_STRANGER) {
        sim_say(j, "IKE", "no IKE config found for %s...%s, sending NO_PROPOSAL_CHOSEN", t->local, t->peer);
        sim_say(j, "ENC", "generating IKE_SA_INIT response 0 [ N(NO_PROP) ]");
        sim_say_sent(j, 36);
        return true;
    }
    sim_say0(j, "IKE", "%s is initiating an IKE_SA", t->peer);
    say_alternatives(t, j, "IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048", IKE_SUITE);
    if (t->fault != F_IKE_PROP_R)
        return false;
    sim_say(j, "CFG", "received proposals: IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024");
    sim_say(j, "CFG", "configured proposals: " IKE_SUITE);
    sim_say(j, "IKE", "received proposals unacceptable");
    sim_say(j, "ENC", "generating IKE_SA_INIT response 0 [ N(NO_PROP) ]");
    sim_say_sent(j, 36);
    return true;
}

static void peer_repeats(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->next);
    j.named = false;
    sim_say_got(&j, 464);
    sim_say(&j, "ENC", "parsed IKE_SA_INIT request 0 [ " INIT_REQUEST " ]");
    sim_say(&j, "IKE", "received retransmit of request with ID 0, retransmitting response");
    sim_say_sent(&j, 472);
}

void sim_peer_init(struct sim_tunnel *t)
{
    struct sim_job j;
    if (t->fault == F_HALF_OPEN_R) {
        sim_peer_floods(t);
        return;
    }
    if (t->fault == F_BOTH) {
        sim_twin_init(t);
        return;
    }
    if (t->path_down ||
        (t->up && t->fault != F_PEER_RESTART_R && t->fault != F_PEER_REAUTH_R && !t->duplicates)) {
        sim_arm(t, TM_PEER_INIT, 20000);
        return;
    }
    if (t->fault == F_RESPONSES_R && t->attempt && t->attempt < 3) {
        t->attempt++;
        peer_repeats(t);
        sim_arm(t, TM_PEER_INIT, t->attempt < 3 ? 7200 : 40000);
        return;
    }
    sim_attempted(t);
    t->attempt = 1;
    t->port = 500;
    t->next = (struct sim_sa){.uid = ++t->device->last_uid, .epoch = t->device->epoch};
    j = sim_job_on(t, &t->next);
    j.named = false;
    sim_say_got(&j, t->fault == F_VERSION_R ? 180 : 464);
    if (init_refused(t, &j)) {
        peer_again(t);
        return;
    }
    sim_say(&j, "CFG", "selected proposal: " IKE_SUITE);
    if (t->fault == F_NAT_R)
        sim_say(&j, "IKE", "remote host is behind NAT");
    sim_say(&j, "ENC", "generating IKE_SA_INIT response 0 [ " INIT_RESPONSE " ]");
    sim_say_sent(&j, 472);
    if (t->fault == F_NAT_R)
        t->port = 4500;
    if (t->fault == F_RESPONSES_R)
        sim_arm(t, TM_PEER_INIT, 4000);
    if (t->fault == F_AUTH_LOST_R || t->fault == F_RESPONSES_R)
        sim_arm(t, TM_HALF_OPEN, 30000);
    else
        sim_arm(t, TM_PEER_AUTH, sim_random_of(&t->device->random, RTT_LOW_MS, RTT_HIGH_MS));
}

void sim_peer_half_open(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->next);
    j.named = false;
    sim_say(&j, "JOB", "deleting half open IKE_SA with %s after timeout", t->peer);
    t->attempt = 0;
    peer_again(t);
}

static bool auth_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    switch (t->fault) {
    case F_ID_R:
        sim_say(j, "CFG", "no matching peer config found");
        break;
    case F_EAP_R:
        sim_say(j, "CFG", "selected peer config '%s'", t->conn);
        sim_say(j, "IKE", "peer requested EAP, config unacceptable");
        sim_say(j, "CFG", "no alternative config found");
        break;
    case F_PSK_R:
        sim_say(j, "CFG", "selected peer config '%s'", t->conn);
        sim_say(j, "IKE", "tried 2 shared keys for '%s' - '%s', but MAC mismatched", t->local, t->peer_id);
        break;
    case F_PSK_MISSING_R:
        sim_say(j, "CFG", "selected peer config '%s'", t->conn);
        sim_say(j, "IKE", "no shared key found for '%s' - '%s'", t->local, t->peer_id);
        break;
    default:
        return false;
    }
    sim_say(j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
    sim_say(j, "ENC", "generating IKE_AUTH response 1 [ N(AUTH_FAILED) ]");
    sim_say_sent(j, PACKET_SMALL);
    peer_again(t);
    return true;
}

static void child_of_peer(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_ESP_R) {
        sim_say(j, "CFG", "received proposals: ESP:AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ");
        sim_say(j, "CFG", "configured proposals: ESP:AES_GCM_16_256/NO_EXT_SEQ");
        sim_say(j, "IKE", "no acceptable proposal found");
    } else if (t->fault == F_VIRTUAL_IP_R) {
        sim_say(j, "IKE", "expected a virtual IP request, sending FAILED_CP_REQUIRED");
    } else if (t->fault == F_TS_R) {
        sim_say(j, "IKE", "traffic selectors 10.9.0.0/16 === 10.8.0.0/16 unacceptable");
    } else {
        t->sa.child = sim_child_new(t, &t->sa);
        t->sa.spi_in = sim_spi(t);
        t->sa.spi_out = sim_spi(t);
        say_alternatives(t, j, "ESP:AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ", "ESP:AES_GCM_16_256/NO_EXT_SEQ");
        sim_say(j, "CFG", "selected proposal: ESP:AES_GCM_16_256/NO_EXT_SEQ");
        sim_say0(j, "IKE",
            "CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
            t->child_name, t->sa.child, t->sa.spi_in, t->sa.spi_out);
        sim_up(t);
        sim_say(j, "ENC", "generating IKE_AUTH response 1 [ IDr AUTH SA TSi TSr ]");
        sim_say_sent(j, 188);
        return;
    }
    sim_say(j, "IKE", "failed to establish CHILD_SA, keeping IKE_SA");
    sim_say(j, "ENC", "generating IKE_AUTH response 1 [ IDr AUTH N(%s) ]",
        t->fault == F_TS_R           ? "TS_UNACCEPT"
        : t->fault == F_VIRTUAL_IP_R ? "FAIL_CP_REQ"
                                     : "NO_PROP");
    sim_say_sent(j, 124);
}

/* The SA that the device had with this peer already. */
static void old_one_goes(struct sim_tunnel *t, const struct sim_job *j)
{
    struct sim_job old = *j;
    if (!t->sa.established || !t->up)
        return;
    old.sa = &t->sa;
    if (!t->duplicates) {
        sim_say(
            &old, "IKE", "destroying duplicate IKE_SA for peer '%s', received INITIAL_CONTACT", t->peer_id);
        return;
    }
    sim_say(&old, "IKE", "deleting duplicate IKE_SA for peer '%s' due to uniqueness policy", t->peer_id);
    sim_say0(&old, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->sa.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(&old, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
    sim_say(&old, "ENC", "generating INFORMATIONAL request %u [ D ]", t->sa.mid_out);
    sim_say_sent(&old, PACKET_SMALL);
}

static void old_one_is_gone(struct sim_tunnel *t)
{
    const struct sim_sa old = t->sa;
    struct sim_job j;
    if (!t->duplicates || !t->up)
        return;
    j = sim_job_on(t, &old);
    sim_say_got(&j, PACKET_SMALL);
    sim_say(&j, "ENC", "parsed INFORMATIONAL response %u [ ]", old.mid_out);
    sim_say0(&j, "IKE", "IKE_SA deleted");
    sim_down(t, "duplicate-ike-sa", NULL);
    if (--t->duplicates)
        sim_arm(t, TM_PEER_INIT, sim_random_of(&t->device->random, 3000, 6000));
}

void sim_peer_auth(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->next);
    if (t->fault == F_BOTH) {
        sim_twin_auth(t);
        return;
    }
    j.named = false;
    sim_say_got(&j, 252);
    sim_say(&j, "ENC",
        "parsed IKE_AUTH request 1 [ IDi %s%sN(ESP_TFC_PAD_N) SA TSi TSr N(MULT_AUTH) N(EAP_ONLY) "
        "N(MSG_ID_SYN_SUP) ]",
        t->duplicates ? "" : "N(INIT_CONTACT) ", t->fault == F_EAP_R ? "IDr " : "IDr AUTH ");
    sim_say(&j, "CFG", "looking for peer configs matching %s[%s]...%s[%s]", t->local, t->local, t->peer,
        t->fault == F_ID_R ? "vpn-gw.partner.net" : t->peer_id);
    if (t->fault != F_ID_R)
        j.named = true;
    if (auth_refused(t, &j))
        return;
    sim_say(&j, "CFG", "selected peer config '%s'", t->conn);
    sim_say(&j, "IKE", "authentication of '%s' with pre-shared key successful", t->peer_id);
    sim_say(&j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
    sim_say(&j, "IKE", "authentication of '%s' (myself) with pre-shared key", t->local);
    old_one_goes(t, &j);
    sim_say0(&j, "IKE", "IKE_SA %s[%u] established between %s[%s]...%s[%s]", t->conn, t->next.uid, t->local,
        t->local, t->peer, t->peer_id);
    old_one_is_gone(t);
    if (t->up)
        sim_down(t, "peer-restart", NULL);
    sim_quiet(t);
    t->asked = RQ_NONE;
    t->sa = t->next;
    j.sa = &t->sa;
    t->sa.established = true;
    t->sa.mid_in = 2;
    t->sa.mid_out = 0;
    sim_say(&j, "IKE", "scheduling rekeying in %us", t->ike_rekey_s);
    sim_say(&j, "IKE", "maximum IKE_SA lifetime %us", t->ike_rekey_s + t->ike_rekey_s / 10);
    t->heard_ms = t->device->now_ms;
    child_of_peer(t, &j);
    sim_living(t);
    sim_arm(t, TM_PEER_IKE_REKEY, (int64_t)t->ike_rekey_s * 1000);
    if (t->sa.child)
        sim_arm(t, TM_PEER_CHILD_REKEY, (int64_t)t->child_rekey_s * 950);
}

static void pfs_refused(const struct sim_job *j, uint32_t mid)
{
    sim_say_got(j, 204);
    sim_say(
        j, "ENC", "parsed CREATE_CHILD_SA request %u [ N(REKEY_SA) N(ESP_TFC_PAD_N) SA No TSi TSr ]", mid);
    sim_say(j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
    sim_say(j, "CFG", "received proposals: ESP:AES_GCM_16_256/NO_EXT_SEQ");
    sim_say(j, "CFG", "configured proposals: " ESP_PFS);
    sim_say(j, "IKE", "no acceptable proposal found");
    sim_say(j, "IKE", "failed to establish CHILD_SA, keeping IKE_SA");
    sim_say(j, "ENC", "generating CREATE_CHILD_SA response %u [ N(NO_PROP) ]", mid);
    sim_say_sent(j, PACKET_SMALL);
}

void sim_peer_child_rekey(struct sim_tunnel *t)
{
    struct sim_job j;
    uint32_t in, out, child, mid;
    if (!t->sa.established || !t->sa.child || t->path_down)
        return;
    j = sim_job_on(t, &t->sa);
    mid = t->sa.mid_in++;
    t->heard_ms = t->device->now_ms;
    if (t->fault == F_PFS_R) {
        pfs_refused(&j, mid);
        if (mid == 2)
            sim_arm(t, TM_PEER_CHILD_DELETE, 60000);
        sim_arm(t, TM_PEER_CHILD_REKEY, sim_random_of(&t->device->random, 5000, 15000));
        return;
    }
    in = sim_spi(t);
    out = sim_spi(t);
    child = sim_child_new(t, &t->sa);
    sim_say_got(&j, 476);
    sim_say(&j, "ENC", "parsed CREATE_CHILD_SA request %u [ N(REKEY_SA) N(ESP_TFC_PAD_N) SA No KE TSi TSr ]",
        mid);
    sim_say(&j, "IKE", "received ESP_TFC_PADDING_NOT_SUPPORTED, not using ESPv3 TFC padding");
    sim_say(&j, "CFG", "selected proposal: " ESP_PFS);
    sim_say0(&j, "IKE",
        "inbound CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, child, in, out);
    sim_say(&j, "ENC", "generating CREATE_CHILD_SA response %u [ SA No KE TSi TSr ]", mid);
    sim_say_sent(&j, 476);
    j = sim_job_on(t, &t->sa);
    mid = sim_peer_deletes(&j, &t->sa, sim_pair_of(&t->sa));
    sim_say0(&j, "IKE",
        "outbound CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, child, in, out);
    sim_say_deleted(&j, mid);
    t->sa.child = child;
    t->sa.spi_in = in;
    t->sa.spi_out = out;
    sim_arm(t, TM_PEER_CHILD_REKEY, (int64_t)t->child_rekey_s * 950);
}

void sim_peer_child_delete(struct sim_tunnel *t)
{
    struct sim_job j;
    uint32_t mid;
    if (t->fault == F_BOTH) {
        sim_twin_goes(t);
        return;
    }
    if (!t->sa.established || !t->sa.child)
        return;
    j = sim_job_on(t, &t->sa);
    mid = sim_peer_deletes(&j, &t->sa, sim_pair_of(&t->sa));
    sim_down(t, t->fault == F_PFS_R ? "pfs-mismatch" : "peer-delete-child", NULL);
    sim_say_deleted(&j, mid);
    t->sa.child = 0;
    sim_disarm(t, TM_CHILD_REKEY);
    sim_disarm(t, TM_CHILD_HARD);
    sim_disarm(t, TM_PEER_CHILD_REKEY);
    if (t->fault != F_PFS_R)
        sim_arm(t, TM_START, 5000);
}

static void say_rekeyed_by_peer(struct sim_tunnel *t, const struct sim_job *j, uint32_t mid)
{
    t->next = (struct sim_sa){.uid = ++t->device->last_uid,
        .epoch = t->device->epoch,
        .established = true,
        .child = t->sa.child,
        .spi_in = t->sa.spi_in,
        .spi_out = t->sa.spi_out};
    sim_say0(j, "IKE", "%s is initiating an IKE_SA", t->peer);
    sim_say(j, "CFG", "selected proposal: " IKE_SUITE);
    sim_say(j, "IKE", "scheduling rekeying in %us", t->ike_rekey_s);
    sim_say(j, "IKE", "maximum IKE_SA lifetime %us", t->ike_rekey_s + t->ike_rekey_s / 10);
    sim_say0(j, "IKE", "IKE_SA %s[%u] rekeyed between %s[%s]...%s[%s]", t->conn, t->next.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(j, "ENC", "generating CREATE_CHILD_SA response %u [ SA No KE ]", mid);
    sim_say_sent(j, 428);
}

static void say_deleted_by_peer(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_say_got(j, PACKET_SMALL);
    sim_say(j, "ENC", "parsed INFORMATIONAL request %u [ D ]", t->sa.mid_in);
    sim_say(j, "IKE", "received DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
    sim_say0(j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->sa.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say0(j, "IKE", "IKE_SA deleted");
}

static void say_delete_answered(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_say(j, "ENC", "generating INFORMATIONAL response %u [ ]", t->sa.mid_in);
    sim_say_sent(j, PACKET_SMALL);
}

void sim_peer_ike_rekey(struct sim_tunnel *t)
{
    struct sim_job j;
    uint32_t mid;
    if (!t->sa.established || t->path_down)
        return;
    if (t->asked != RQ_NONE) {
        sim_arm(t, TM_PEER_IKE_REKEY, 2000);
        return;
    }
    j = sim_job_on(t, &t->sa);
    mid = t->sa.mid_in++;
    sim_say_got(&j, 428);
    sim_say(&j, "ENC", "parsed CREATE_CHILD_SA request %u [ SA No KE ]", mid);
    if (t->fault == F_IKE_REKEY_R) {
        sim_say0(&j, "IKE", "%s is initiating an IKE_SA", t->peer);
        sim_say(&j, "CFG", "received proposals: IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024");
        sim_say(&j, "CFG", "configured proposals: " IKE_SUITE);
        sim_say(&j, "IKE", "received proposals unacceptable");
        sim_say(&j, "ENC", "generating CREATE_CHILD_SA response %u [ N(NO_PROP) ]", mid);
        sim_say_sent(&j, PACKET_SMALL);
        sim_arm(t, TM_IKE_HARD, 30000);
        return;
    }
    say_rekeyed_by_peer(t, &j, mid);
    j = sim_job_on(t, &t->sa);
    say_deleted_by_peer(t, &j);
    say_delete_answered(t, &j);
    t->sa = t->next;
    sim_arm(t, TM_PEER_IKE_REKEY, (int64_t)t->ike_rekey_s * 1000);
    sim_living(t);
}

void sim_peer_delete(struct sim_tunnel *t, const char *cause, const char *also)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    say_deleted_by_peer(t, &j);
    sim_down(t, cause, also);
    say_delete_answered(t, &j);
    sim_fail(t, t->blocked ? 0 : 5000);
}

void sim_peer_moves(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    char was[sizeof(t->peer)];
    if (!t->sa.established || t->asked != RQ_NONE)
        return;
    for (size_t i = 0; i < sizeof(was); i++)
        was[i] = t->peer[i];
    for (size_t i = 0; t->peer[i]; i++) /* the second octet: 10.x becomes 11.x */
        if (i == 1)
            t->peer[i] = t->peer[i] == '0' ? '1' : '0';
    sim_say_got(&j, 172);
    sim_say(&j, "ENC",
        "parsed INFORMATIONAL request %u [ N(UPD_SA_ADDR) N(NATD_S_IP) N(NATD_D_IP) N(COOKIE2) "
        "N(NO_ADD_ADDR) ]",
        t->sa.mid_in);
    sim_say(&j, "IKE", "remote endpoint changed from %s[%u] to %s[%u]", was, t->port, t->peer, t->port);
    sim_say(&j, "ENC", "generating INFORMATIONAL response %u [ N(NATD_S_IP) N(NATD_D_IP) N(COOKIE2) ]",
        t->sa.mid_in++);
    sim_say_sent(&j, 156);
}

/* One packet from an address that nobody configured: a scanner, not a peer. */
void sim_scan(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    uint32_t thread = sim_random_of(&d->random, 1, 16);
    char from[40];
    snprintf(from, sizeof(from), t->ipv6 ? "2001:db8:ffff::%u" : "198.51.100.%u",
        sim_random_of(&d->random, 1, 254));
    d->last_uid++;
    sim_say_device(d, thread, "NET", "received packet: from %s[500] to %s[500] (464 bytes)", from, t->local);
    sim_say_device(d, thread, "ENC", "parsed IKE_SA_INIT request 0 [ " INIT_REQUEST " ]");
    sim_say_device(
        d, thread, "IKE", "no IKE config found for %s...%s, sending NO_PROPOSAL_CHOSEN", t->local, from);
    sim_say_device(d, thread, "ENC", "generating IKE_SA_INIT response 0 [ N(NO_PROP) ]");
    sim_say_device(d, thread, "NET", "sending packet: from %s[500] to %s[500] (36 bytes)", t->local, from);
}
