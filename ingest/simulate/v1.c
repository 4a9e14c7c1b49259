#include "ingest/simulate/v1.h"

static uint32_t random_mid(struct sim_tunnel *t)
{
    return (uint32_t)sim_random_next(&t->device->random) | 1u; /* 0 is phase 1 */
}

void sim_v1_tell(const struct sim_job *j, const char *payloads, uint32_t bytes)
{
    sim_say(j, "ENC", "generating INFORMATIONAL_V1 request %u [ %s ]", random_mid(j->t), payloads);
    sim_say_sent(j, bytes);
}

void sim_v1_told(const struct sim_job *j, const char *payloads, uint32_t bytes)
{
    sim_say_got(j, bytes);
    sim_say(j, "ENC", "parsed INFORMATIONAL_V1 request %u [ %s ]", random_mid(j->t), payloads);
}

void sim_v1_vendors(const struct sim_job *j, bool responder)
{
    sim_say(j, "IKE", "received XAuth vendor ID");
    sim_say(j, "IKE", "received DPD vendor ID");
    sim_say(j, "IKE", "received FRAGMENTATION vendor ID");
    sim_say(j, "IKE", "received NAT-T (RFC 3947) vendor ID");
    if (responder)
        sim_say(j, "IKE", "received draft-ietf-ipsec-nat-t-ike-02\\n vendor ID");
}

void sim_v1_established(const struct sim_job *j)
{
    struct sim_tunnel *t = j->t;
    sim_say0(j, "IKE", "IKE_SA %s[%u] established between %s[%s]...%s[%s]", t->conn, j->sa->uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(j, "IKE", "scheduling rekeying in %us", t->ike_rekey_s);
    sim_say(j, "IKE", "scheduling reauthentication in %us", t->ike_rekey_s + t->ike_rekey_s / 50);
    sim_say(j, "IKE", "maximum IKE_SA lifetime %us", t->ike_rekey_s + t->ike_rekey_s / 10);
}

void sim_v1_key_missing(const struct sim_job *j)
{
    const struct sim_tunnel *t = j->t;
    sim_say(j, "IKE", "no shared key found for '%s'[%s] - '%s'[%s]", t->local, t->local, t->peer_id, t->peer);
    sim_v1_tell(j, "N(INVAL_KE)", V1_PLAIN_BYTES);
}

void sim_v1_child_up(struct sim_tunnel *t, const struct sim_job *j, struct sim_sa built)
{
    if (t->sa.child) { /* it lives until its own lifetime ends: charon.delete_rekeyed is off */
        t->old.child = t->sa.child;
        t->old.spi_in = t->sa.spi_in;
        t->old.spi_out = t->sa.spi_out;
        sim_arm(t, TM_OLD_CHILD, (int64_t)t->child_rekey_s * 100);
    }
    t->sa.child = built.child;
    t->sa.spi_in = built.spi_in;
    t->sa.spi_out = built.spi_out;
    sim_say0(j, "IKE", "CHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, built.child, built.spi_in, built.spi_out);
    sim_up(t);
}

/* --- what the device asks --- */

/* Does the peer's answer reach the device? */
static bool answered(const struct sim_tunnel *t)
{
    if (t->path_down)
        return false;
    switch (t->asked) {
    case RQ_MAIN_SA:
    case RQ_AGGRESSIVE:
        return t->fault != F_UNREACHABLE && t->fault != F_SEND_FAILED;
    case RQ_MAIN_ID:
        return t->fault != F_NAT4500;
    case RQ_QUICK_REKEY:
        return t->fault != F_REKEY_LOST;
    default:
        return true;
    }
}

static void transmit(const struct sim_job *j)
{
    struct sim_tunnel *t = j->t;
    sim_say_sent(j, t->asked_bytes);
    sim_socket_may_refuse(t);
    if (answered(t))
        sim_arm(t, TM_ANSWER, sim_random_of(&t->device->random, RTT_LOW_MS, RTT_HIGH_MS));
}

static void ask(const struct sim_job *j, enum sim_request what, const char *payloads, uint32_t bytes)
{
    struct sim_tunnel *t = j->t;
    bool quick = what == RQ_QUICK || what == RQ_QUICK_REKEY;
    t->asked = what;
    t->asked_mid = quick ? random_mid(t) : 0;
    t->asked_bytes = bytes;
    t->asked_ms = t->device->now_ms;
    t->attempt = 0;
    t->sa.seq++;
    sim_say(j, "ENC", "generating %s request %u [ %s ]",
        quick                   ? "QUICK_MODE"
        : what == RQ_AGGRESSIVE ? "AGGRESSIVE"
                                : "ID_PROT",
        t->asked_mid, payloads);
    sim_arm(t, TM_RETRANSMIT, t->device->retransmit_ms);
    transmit(j);
    if (t->heard_ms == 0)
        t->heard_ms = t->asked_ms;
}

static void initiate(const struct sim_job *j)
{
    struct sim_tunnel *t = j->t;
    sim_say0(j, "IKE", "initiating %s Mode IKE_SA %s[%u] to %s", t->aggressive ? "Aggressive" : "Main",
        t->conn, t->sa.uid, t->peer);
    t->init_tries++;
    t->misread = false;
    if (t->aggressive)
        ask(j, RQ_AGGRESSIVE, "SA KE No ID V V V V V", V1_AGGRESSIVE_BYTES);
    else
        ask(j, RQ_MAIN_SA, "SA V V V V V", V1_MAIN_SA_BYTES);
}

static void quick(const struct sim_job *j, enum sim_request what)
{
    ask(j, what, "HASH SA No KE ID ID", V1_QUICK_BYTES);
}

static void child(const struct sim_job *j)
{
    quick(j, RQ_QUICK);
}

static void retransmit(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    if (!sim_try_again(t, &j))
        return;
    sim_say(&j, "IKE", "sending retransmit %u of request message ID %u, seq %u", t->attempt, t->asked_mid,
        t->sa.seq);
    sim_arm(t, TM_RETRANSMIT, sim_retransmit_wait_ms(t));
    transmit(&j);
}

/* --- what the peer answers: phase 1 --- */

static int64_t soon(struct sim_tunnel *t)
{
    return sim_random_of(&t->device->random, 15000, 45000);
}

static void lives(struct sim_tunnel *t)
{
    t->asked = RQ_NONE;
    sim_living(t);
}

static void phase1_done(struct sim_tunnel *t, const struct sim_job *j)
{
    t->sa.established = true;
    sim_arm(t, TM_IKE_REKEY, (int64_t)t->ike_rekey_s * 1000);
    if (!t->old.established) {
        quick(j, RQ_QUICK);
        return;
    }
    sim_arm(t, TM_OLD_IKE, V1_OLD_IKE_MS);
    lives(t);
}

/* @return whether the first message was all */
static bool refused_at_once(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_MODE) {
        sim_v1_told(j, "N(AUTH_FAILED)", V1_PLAIN_BYTES);
        sim_say(j, "IKE", "received AUTHENTICATION_FAILED error notify");
    } else if (t->fault == F_IKE_PROP || t->fault == F_VERSION) {
        sim_v1_told(j, "N(NO_PROP)", V1_PLAIN_BYTES);
        sim_say(j, "IKE", "received NO_PROPOSAL_CHOSEN error notify");
    } else {
        return false;
    }
    sim_fail(t, soon(t));
    return true;
}

static void behind_nat(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault != F_NAT4500 && t->fault != F_NAT)
        return;
    sim_say(j, "IKE", "local host is behind NAT, sending keep alives");
    t->port = 4500;
    sim_arm(t, TM_KEEP_ALIVE, 20000);
}

static void answer_sa(struct sim_tunnel *t, const struct sim_job *j)
{
    if (refused_at_once(t, j))
        return;
    sim_say_got(j, V1_MAIN_SA_ANSWER_BYTES);
    sim_say(j, "ENC", "parsed ID_PROT response 0 [ SA V V V V ]");
    sim_v1_vendors(j, false);
    sim_say(j, "CFG", "selected proposal: " IKE_SUITE);
    ask(j, RQ_MAIN_KE, "KE No NAT-D NAT-D", V1_MAIN_KE_BYTES);
}

static void answer_ke(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_say_got(j, V1_MAIN_KE_BYTES);
    sim_say(j, "ENC", "parsed ID_PROT response 0 [ KE No NAT-D NAT-D ]");
    behind_nat(t, j);
    if (t->fault == F_PSK_MISSING) {
        sim_v1_key_missing(j);
        sim_fail(t, soon(t));
        return;
    }
    ask(j, RQ_MAIN_ID, t->old.established ? "ID HASH" : "ID HASH N(INITIAL_CONTACT)", V1_MAIN_ID_BYTES);
}

/* The peer could not read our identity, and neither can we read its complaint: the keys differ. */
static void answer_garbled(const struct sim_job *j)
{
    sim_say_got(j, V1_NOTIFY_BYTES);
    sim_say(j, "ENC", "invalid HASH_V1 payload length, decryption failed?");
    sim_say(j, "ENC", "could not decrypt payloads");
    sim_say(j, "IKE", "message parsing failed");
    sim_say(j, "IKE", "ignore malformed INFORMATIONAL request");
    sim_say(j, "IKE", "INFORMATIONAL_V1 request with message ID %u processing failed", random_mid(j->t));
}

static void answer_id(struct sim_tunnel *t, const struct sim_job *j)
{
    bool other_id = t->fault == F_ID;
    sim_say_got(j, other_id ? V1_LIVE_BYTES : V1_MAIN_ID_ANSWER_BYTES);
    sim_say(j, "ENC", "parsed ID_PROT response 0 [ ID HASH ]");
    if (!other_id) {
        sim_v1_established(j);
        phase1_done(t, j);
        return;
    }
    sim_say(j, "IKE", "IDir 'vpn-gw.partner.net' does not match to '%s'", t->peer_id);
    sim_say0(j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%%any]", t->conn, t->sa.uid, t->local,
        t->local, t->peer);
    sim_say(j, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
    sim_v1_tell(j, "HASH D", V1_LIVE_BYTES);
    sim_fail(t, soon(t));
}

static void answer_aggressive(struct sim_tunnel *t, const struct sim_job *j)
{
    if (refused_at_once(t, j))
        return;
    sim_say_got(j, V1_AGGRESSIVE_ANSWER_BYTES);
    sim_say(j, "ENC", "parsed AGGRESSIVE response 0 [ SA KE No ID V V V V NAT-D NAT-D HASH ]");
    sim_v1_vendors(j, false);
    sim_say(j, "CFG", "selected proposal: " IKE_SUITE);
    behind_nat(t, j);
    if (t->fault == F_PSK_AGGRESSIVE) { /* here the peer's HASH can be read, and checked */
        sim_say(j, "IKE", "calculated HASH does not match HASH payload");
        sim_v1_tell(j, "HASH N(AUTH_FAILED)", V1_LIVE_BYTES);
        sim_fail(t, soon(t));
        return;
    }
    sim_v1_established(j);
    sim_say(j, "ENC", "generating AGGRESSIVE request 0 [ %s ]",
        t->old.established ? "NAT-D NAT-D HASH" : "NAT-D NAT-D HASH N(INITIAL_CONTACT)");
    t->sa.seq++;
    sim_say_sent(j, V1_AGGRESSIVE_LAST_BYTES);
    phase1_done(t, j);
}

/* --- what the peer answers: phase 2 --- */

static void say_not_installed(const struct sim_job *j, struct sim_sa built)
{
    const uint32_t spi[] = {built.spi_in, built.spi_out};
    for (int i = 0; i < 2; i++) {
        sim_say(j, "KNL", "received netlink error: Protocol not supported (93)");
        sim_say(j, "KNL", "unable to add SAD entry with SPI %08x (FAILED)", spi[i]);
    }
    sim_say(j, "IKE", "unable to install inbound and outbound IPsec SA (SAD) in kernel");
    sim_v1_tell(j, "HASH N(NO_PROP)", V1_NOTIFY_BYTES);
}

/* @return whether that was all */
static bool quick_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_ESP) {
        sim_v1_told(j, "HASH N(NO_PROP)", V1_NOTIFY_BYTES);
        sim_say(j, "IKE", "received NO_PROPOSAL_CHOSEN error notify");
    } else if (t->fault == F_TS) {
        sim_v1_told(j, "HASH N(INVAL_ID)", V1_NOTIFY_BYTES);
        sim_say(j, "IKE", "received INVALID_ID_INFORMATION error notify");
    } else {
        return false;
    }
    sim_arm(t, TM_START, soon(t));
    lives(t);
    return true;
}

static void answer_quick(struct sim_tunnel *t, const struct sim_job *j)
{
    struct sim_random *r = &t->device->random;
    struct sim_sa built;
    if (quick_refused(t, j))
        return;
    built = (struct sim_sa){.child = sim_child_new(t, &t->sa), .spi_in = sim_spi(t), .spi_out = sim_spi(t)};
    sim_say_got(j, V1_QUICK_BYTES);
    sim_say(j, "ENC", "parsed QUICK_MODE response %u [ HASH SA No KE ID ID ]", t->asked_mid);
    sim_say(j, "CFG", "selected proposal: " ESP_V1);
    if (t->fault == F_INSTALL) {
        say_not_installed(j, built);
        sim_arm(t, TM_START, soon(t));
        lives(t);
        return;
    }
    sim_v1_child_up(t, j, built);
    sim_say(j, "ENC", "generating QUICK_MODE request %u [ HASH ]", t->asked_mid);
    t->sa.seq++;
    sim_say_sent(j, V1_QUICK_LAST_BYTES);
    if (t->fault != F_LIFETIME)
        sim_arm(t, TM_CHILD_REKEY, (int64_t)t->child_rekey_s * sim_random_of(r, 900, 1000));
    sim_arm(t, TM_CHILD_HARD, (int64_t)t->child_rekey_s * 1100);
    lives(t);
}

static void answer(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    t->heard_ms = t->device->now_ms;
    if (t->asked == RQ_MAIN_ID && (t->fault == F_PSK || (t->fault == F_PATH_PSK && t->ever_up))) {
        t->misread = true;
        answer_garbled(&j);
        return;
    }
    sim_disarm(t, TM_RETRANSMIT);
    switch (t->asked) {
    case RQ_MAIN_SA:
        answer_sa(t, &j);
        break;
    case RQ_MAIN_KE:
        answer_ke(t, &j);
        break;
    case RQ_MAIN_ID:
        answer_id(t, &j);
        break;
    case RQ_AGGRESSIVE:
        answer_aggressive(t, &j);
        break;
    default:
        answer_quick(t, &j);
    }
}

/* --- liveness: RFC 3706 has no retransmissions, each interval has a probe of its own --- */

static void probe(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    struct sim_job j;
    if (!t->sa.established)
        return;
    sim_arm(t, TM_DPD, (int64_t)t->dpd_s * 1000);
    if (t->asked != RQ_NONE)
        return;
    j = sim_job_on(t, &t->sa);
    sim_say(&j, "IKE", "sending DPD request");
    sim_v1_tell(&j, "HASH N(DPD)", V1_LIVE_BYTES);
    sim_socket_may_refuse(t);
    if (!t->probed_ms) {
        t->probed_ms = d->now_ms;
        /* dpd_timeout, of which one interval has gone: strongSwan task_manager_v1.c queue_dpd() */
        sim_arm(t, TM_DPD_LIMIT, (int64_t)t->dpd_s * 1000 * (d->tries - 1) + 500);
    }
    if (!t->path_down)
        sim_arm(t, TM_DPD_ANSWER, sim_random_of(&d->random, RTT_LOW_MS, RTT_HIGH_MS));
}

static void probe_answered(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established || t->path_down)
        return;
    j = sim_job_on(t, &t->sa);
    sim_v1_told(&j, "HASH N(DPD_ACK)", V1_LIVE_BYTES);
    t->probed_ms = 0;
    t->heard_ms = t->device->now_ms;
    sim_disarm(t, TM_DPD_LIMIT);
}

static void probes_unanswered(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    if (!t->sa.established)
        return;
    sim_say(&j, "JOB", "DPD check timed out, enforcing DPD action");
    t->asked = RQ_DPD;
    t->asked_ms = t->probed_ms;
    sim_lost(t);
    sim_fail(t, 5000);
}

/* --- what is replaced, what ends --- */

static void child_rekey(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.child)
        return;
    if (t->asked != RQ_NONE || !t->sa.established) {
        sim_arm(t, TM_CHILD_REKEY, 1500);
        return;
    }
    j = sim_job_on(t, NULL);
    sim_say(&j, "KNL", "creating rekey job for CHILD_SA ESP/0x%08x/%s", t->sa.spi_out, t->peer);
    j = sim_job_on(t, &t->sa);
    quick(&j, RQ_QUICK_REKEY);
}

/* There is no rekeying of phase 1: another one is built beside it, which takes over the CHILD_SAs. */
static void ike_rekey(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established || !t->sa.child)
        return;
    if (t->asked != RQ_NONE || t->probed_ms) {
        sim_arm(t, TM_IKE_REKEY, 1500);
        return;
    }
    j = sim_job_on(t, &t->sa);
    if (sim_random_of(&t->device->random, 0, 1))
        sim_say0(&j, "IKE", "reauthenticating IKE_SA %s[%u]", t->conn, t->sa.uid);
    t->old.uid = t->sa.uid;
    t->old.epoch = t->sa.epoch;
    t->old.established = true;
    t->sa.uid = ++t->device->last_uid;
    t->sa.established = false;
    t->sa.seq = 0;
    sim_disarm(t, TM_DPD);
    initiate(&j);
}

/* The IKE_SA that was replaced: whoever built its successor deletes it. */
static void old_ike_goes(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->old);
    if (!t->old.established)
        return;
    if (sim_faults[t->fault].role == 'r') {
        sim_v1_peer_drops_old_ike(t);
    } else {
        sim_v1_old_ike_says(t, &j);
        sim_say(&j, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->old.uid);
        sim_v1_tell(&j, "HASH D", V1_LIVE_BYTES);
    }
    t->old.established = false;
}

void sim_v1_old_ike_says(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_say0(j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, j->sa->uid, t->local,
        t->local, t->peer, t->peer_id);
}

static void child_delete(const struct sim_job *j)
{
    sim_v1_tell(j, "HASH D", V1_NOTIFY_BYTES);
}

/* The CHILD_SA that was replaced: its lifetime ends, here or there first. */
static void old_child_goes(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->old.child)
        return;
    if (!t->sa.established) {
        sim_arm(t, TM_OLD_CHILD, 2000);
        return;
    }
    if (!t->path_down && sim_random_of(&t->device->random, 0, 1)) {
        sim_v1_peer_drops_old_child(t);
        return;
    }
    j = sim_job_on(t, NULL);
    sim_say(&j, "KNL", "creating delete job for CHILD_SA ESP/0x%08x/%s", t->old.spi_in, t->local);
    j = sim_job_on(t, &t->sa);
    sim_say0(&j, "IKE",
        "closing expired CHILD_SA %s{%u} with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, t->old.child, t->old.spi_in, t->old.spi_out);
    sim_say(&j, "IKE", "sending DELETE for ESP CHILD_SA with SPI %08x", t->old.spi_in);
    child_delete(&j);
    t->old.child = 0;
}

static void say_close(const struct sim_job *j)
{
    const struct sim_tunnel *t = j->t;
    if (t->sa.child) {
        sim_say0(j, "IKE",
            "closing CHILD_SA %s{%u} with SPIs %08x_i (0 bytes) %08x_o (0 bytes) and TS 0.0.0.0/0 === "
            "0.0.0.0/0",
            t->child_name, t->sa.child, t->sa.spi_in, t->sa.spi_out);
        sim_say(j, "IKE", "sending DELETE for ESP CHILD_SA with SPI %08x", t->sa.spi_in);
        sim_v1_tell(j, "HASH D", V1_NOTIFY_BYTES);
    }
    sim_say0(j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->sa.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(j, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
    sim_v1_tell(j, "HASH D", V1_LIVE_BYTES);
}

static void close_ike(struct sim_tunnel *t, const struct sim_job *j, const char *cause)
{
    say_close(j);
    sim_down(t, cause, NULL);
    sim_fail(t, 0);
    sim_arm(t, TM_START, sim_close_pause_ms(t));
}

const struct sim_ike sim_ikev1 = {
    .timer = {[TM_DPD] = probe,
        [TM_RETRANSMIT] = retransmit,
        [TM_ANSWER] = answer,
        [TM_CHILD_REKEY] = child_rekey,
        [TM_IKE_REKEY] = ike_rekey,
        [TM_PEER_INIT] = sim_v1_peer_init,
        [TM_PEER_AUTH] = sim_v1_peer_steps,
        [TM_PEER_CHILD_REKEY] = sim_v1_peer_child_rekey,
        [TM_PEER_CHILD_DELETE] = sim_v1_peer_child_delete,
        [TM_PEER_IKE_REKEY] = sim_v1_peer_reauth,
        [TM_DPD_ANSWER] = probe_answered,
        [TM_DPD_LIMIT] = probes_unanswered,
        [TM_OLD_CHILD] = old_child_goes,
        [TM_OLD_IKE] = old_ike_goes},
    .initiate = initiate,
    .child = child,
    .close = close_ike,
    .say_close = say_close,
    .child_delete = child_delete,
    .peer_delete = sim_v1_peer_delete,
};
