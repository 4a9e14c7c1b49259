#include "ingest/simulate/v1.h"

static void again(struct sim_tunnel *t)
{
    sim_disarm(t, TM_HALF_OPEN);
    sim_arm(t, TM_PEER_INIT, sim_random_of(&t->device->random, 15000, 45000));
}

/* The peer's next message comes a round trip later. */
static void then(struct sim_tunnel *t, enum sim_step step)
{
    t->step = step;
    sim_arm(t, TM_PEER_AUTH, sim_random_of(&t->device->random, RTT_LOW_MS, RTT_HIGH_MS));
}

static struct sim_job unnamed(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->next);
    j.named = false;
    return j;
}

/* --- phase 1 --- */

static void say_init_of_v2(const struct sim_job *j)
{
    const struct sim_tunnel *t = j->t;
    sim_say_got(j, 464);
    sim_say(j, "ENC", "parsed IKE_SA_INIT request 0 [ " INIT_REQUEST " ]");
    sim_say(j, "IKE", "no IKE config found for %s...%s, sending NO_PROPOSAL_CHOSEN", t->local, t->peer);
    sim_say(j, "ENC", "generating IKE_SA_INIT response 0 [ N(NO_PROP) ]");
    sim_say_sent(j, 36);
}

static void say_first(const struct sim_job *j, bool aggressive)
{
    sim_say_got(j, aggressive ? V1_AGGRESSIVE_BYTES : V1_MAIN_SA_BYTES);
    sim_say(j, "ENC",
        aggressive ? "parsed AGGRESSIVE request 0 [ SA KE No ID V V V V V ]"
                   : "parsed ID_PROT request 0 [ SA V V V V V ]");
    sim_v1_vendors(j, true);
    sim_say0(j, "IKE", "%s is initiating a %s Mode IKE_SA", j->t->peer, aggressive ? "Aggressive" : "Main");
}

/* @return whether the first message is refused */
static bool first_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_VERSION_R) {
        say_init_of_v2(j);
        return true;
    }
    say_first(j, t->aggressive || t->fault == F_MODE_R);
    if (t->fault == F_IKE_PROP_R) {
        sim_say(
            j, "CFG", "received proposals: IKE:AES_CBC_128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048");
        sim_say(j, "CFG", "configured proposals: " IKE_SUITE);
        sim_say(j, "IKE", "no proposal found");
        sim_v1_tell(j, "N(NO_PROP)", V1_PLAIN_BYTES);
        return true;
    }
    sim_say(j, "CFG", "selected proposal: " IKE_SUITE);
    if (t->fault != F_MODE_R)
        return false;
    sim_say(j, "IKE", "Aggressive Mode PSK disabled for security reasons");
    sim_v1_tell(j, "N(AUTH_FAILED)", V1_PLAIN_BYTES);
    return true;
}

static void say_config_found(struct sim_job *j)
{
    const struct sim_tunnel *t = j->t;
    sim_say(j, "CFG", "looking for pre-shared key peer configs matching %s...%s[%s]", t->local, t->peer,
        t->fault == F_ID_R ? "vpn-gw.partner.net" : t->peer_id);
    if (t->fault == F_ID_R)
        return;
    j->named = true;
    sim_say(j, "CFG", "selected peer config \"%s\"", t->conn);
}

static void id_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_say(j, "IKE", "no peer config found");
    sim_v1_tell(j, "HASH N(AUTH_FAILED)", V1_LIVE_BYTES);
    again(t);
}

/* The peer begins another IKE_SA, the first or one in place of that there is. */
static void begin(struct sim_tunnel *t)
{
    struct sim_job j;
    t->attempt = 1;
    if (!t->up)
        t->port = 500;
    t->next = (struct sim_sa){.uid = ++t->device->last_uid, .epoch = t->device->epoch};
    j = unnamed(t);
    if (first_refused(t, &j)) {
        again(t);
        return;
    }
    sim_arm(t, TM_HALF_OPEN, V1_HALF_OPEN_MS);
    if (t->aggressive) {
        say_config_found(&j);
        if (t->fault == F_ID_R) {
            id_refused(t, &j);
            return;
        }
        sim_say(&j, "ENC", "generating AGGRESSIVE response 0 [ SA KE No ID V V V V NAT-D NAT-D HASH ]");
        sim_say_sent(&j, V1_AGGRESSIVE_ANSWER_BYTES);
        then(t, STEP_ID);
        return;
    }
    sim_say(&j, "ENC", "generating ID_PROT response 0 [ SA V V V V ]");
    sim_say_sent(&j, V1_MAIN_SA_ANSWER_BYTES);
    if (t->fault == F_RESPONSES_R)
        sim_arm(t, TM_PEER_INIT, 4000);
    else
        then(t, STEP_KE);
}

static void repeats(struct sim_tunnel *t)
{
    struct sim_job j = unnamed(t);
    sim_say_got(&j, V1_MAIN_SA_BYTES);
    sim_say(&j, "IKE", "received retransmit of request with ID 0, retransmitting response");
    sim_say_sent(&j, V1_MAIN_SA_ANSWER_BYTES);
}

void sim_v1_peer_init(struct sim_tunnel *t)
{
    if (t->path_down || (t->up && t->fault != F_PEER_RESTART_R)) {
        sim_arm(t, TM_PEER_INIT, 20000);
        return;
    }
    if (t->fault == F_RESPONSES_R && t->attempt && t->attempt < 3) {
        t->attempt++;
        repeats(t);
        sim_arm(t, TM_PEER_INIT, t->attempt < 3 ? 7200 : 40000);
        return;
    }
    sim_attempted(t);
    begin(t);
}

void sim_v1_peer_reauth(struct sim_tunnel *t)
{
    if (!t->sa.established || !t->up || t->path_down)
        return;
    if (t->asked != RQ_NONE) {
        sim_arm(t, TM_PEER_IKE_REKEY, 2000);
        return;
    }
    t->old.uid = t->sa.uid;
    t->old.epoch = t->sa.epoch;
    t->old.established = true;
    begin(t);
}

static void peer_ke(struct sim_tunnel *t)
{
    struct sim_job j = unnamed(t);
    sim_say_got(&j, V1_MAIN_KE_BYTES);
    sim_say(&j, "ENC", "parsed ID_PROT request 0 [ KE No NAT-D NAT-D ]");
    if (t->fault == F_PSK_MISSING_R) {
        sim_v1_key_missing(&j);
        again(t);
        return;
    }
    if (t->fault == F_NAT_R)
        sim_say(&j, "IKE", "remote host is behind NAT");
    sim_say(&j, "ENC", "generating ID_PROT response 0 [ KE No NAT-D NAT-D ]");
    sim_say_sent(&j, V1_MAIN_KE_BYTES);
    if (t->fault == F_NAT_R)
        t->port = 4500;
    then(t, STEP_ID);
}

/* Its identity cannot be read: the keys differ. It repeats the message until the half-open IKE_SA goes. */
static void id_garbled(struct sim_tunnel *t)
{
    struct sim_job j = unnamed(t);
    sim_say_got(&j, V1_MAIN_ID_BYTES);
    sim_say(&j, "ENC", "invalid ID_V1 payload length, decryption failed?");
    sim_say(&j, "ENC", "could not decrypt payloads");
    sim_say(&j, "IKE", "message parsing failed");
    sim_v1_tell(&j, "HASH N(PLD_MAL)", V1_NOTIFY_BYTES);
    sim_say(&j, "IKE", "ID_PROT request with message ID 0 processing failed");
    if (++t->attempt < 4)
        sim_arm(t, TM_PEER_AUTH, t->attempt == 2 ? 4000 : 7200);
}

/* The IKE_SA that the device had with this peer already. */
static void replaces(struct sim_tunnel *t, const struct sim_job *new_one)
{
    struct sim_job j;
    if (t->old.established) { /* a job of its own: strongSwan adopt_children_job.c */
        j = sim_job_on(t, &t->old);
        sim_say(&j, "IKE",
            "detected reauth of existing IKE_SA, adopting 1 children, 0 child tasks, and 0 virtual IPs");
        t->next.child = t->sa.child;
        t->next.spi_in = t->sa.spi_in;
        t->next.spi_out = t->sa.spi_out;
        sim_arm(t, TM_OLD_IKE, V1_OLD_IKE_MS);
        return;
    }
    if (t->up) {
        j = *new_one;
        j.sa = &t->sa;
        sim_say(&j, "IKE", "destroying duplicate IKE_SA for peer '%s', received INITIAL_CONTACT", t->peer_id);
        sim_down(t, "peer-restart", NULL);
    }
    sim_quiet(t);
}

static void say_last_of_phase1(struct sim_tunnel *t, struct sim_job *j)
{
    bool renewed = t->old.established;
    if (t->aggressive) {
        sim_say_got(j, V1_AGGRESSIVE_LAST_BYTES);
        sim_say(j, "ENC", "parsed AGGRESSIVE request 0 [ %s ]",
            renewed ? "NAT-D NAT-D HASH" : "NAT-D NAT-D HASH N(INITIAL_CONTACT)");
        j->named = true;
        return;
    }
    sim_say_got(j, V1_MAIN_ID_BYTES);
    sim_say(j, "ENC", "parsed ID_PROT request 0 [ %s ]", renewed ? "ID HASH" : "ID HASH N(INITIAL_CONTACT)");
    say_config_found(j);
}

static void peer_id(struct sim_tunnel *t)
{
    struct sim_job j;
    bool renewed = t->old.established;
    if (t->fault == F_PSK_R) {
        id_garbled(t);
        return;
    }
    j = unnamed(t);
    say_last_of_phase1(t, &j);
    if (t->fault == F_ID_R) {
        id_refused(t, &j);
        return;
    }
    sim_disarm(t, TM_HALF_OPEN);
    if (!renewed)
        replaces(t, &j);
    sim_v1_established(&j);
    if (!t->aggressive) {
        sim_say(&j, "ENC", "generating ID_PROT response 0 [ ID HASH ]");
        sim_say_sent(&j, V1_MAIN_ID_ANSWER_BYTES);
    }
    if (renewed)
        replaces(t, &j);
    t->asked = RQ_NONE;
    t->next.established = true;
    t->sa = t->next;
    t->heard_ms = t->device->now_ms;
    t->probed_ms = 0;
    sim_disarm(t, TM_DPD_LIMIT);
    sim_arm(t, TM_PEER_IKE_REKEY, (int64_t)t->ike_rekey_s * 1000);
    sim_living(t);
    if (!renewed)
        then(t, STEP_QUICK);
}

/* --- phase 2 --- */

/* @return whether that was all */
static bool quick_refused(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->fault == F_ESP_R) {
        bool group = sim_random_of(&t->device->random, 0, 1); /* here a missing group shows at once */
        sim_say(j, "CFG", "received proposals: %s",
            group ? "ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ"
                  : "ESP:AES_CBC_128/HMAC_SHA2_256_128/MODP_2048/NO_EXT_SEQ");
        sim_say(j, "CFG", "configured proposals: " ESP_V1);
        sim_say(j, "IKE", "no matching proposal found, sending NO_PROPOSAL_CHOSEN");
        sim_v1_tell(j, "HASH N(NO_PROP)", V1_NOTIFY_BYTES);
    } else if (t->fault == F_TS_R) {
        sim_say(j, "IKE", "no matching CHILD_SA config found for 172.16.5.0/24 === 172.16.6.0/24");
        sim_v1_tell(j, "HASH N(INVAL_ID)", V1_NOTIFY_BYTES);
    } else {
        return false;
    }
    t->step = STEP_QUICK;
    sim_arm(t, TM_PEER_AUTH, sim_random_of(&t->device->random, 15000, 45000));
    return true;
}

static void peer_quick(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established || t->path_down)
        return;
    j = sim_job_on(t, &t->sa);
    t->asked_mid = (uint32_t)sim_random_next(&t->device->random) | 1u;
    t->heard_ms = t->device->now_ms;
    sim_say_got(&j, V1_QUICK_BYTES);
    sim_say(&j, "ENC", "parsed QUICK_MODE request %u [ HASH SA No KE ID ID ]", t->asked_mid);
    if (quick_refused(t, &j))
        return;
    sim_say(&j, "CFG", "selected proposal: " ESP_V1);
    t->next = (struct sim_sa){.child = sim_child_new(t, &t->sa), .spi_in = sim_spi(t), .spi_out = sim_spi(t)};
    sim_say(&j, "ENC", "generating QUICK_MODE response %u [ HASH SA No KE ID ID ]", t->asked_mid);
    sim_say_sent(&j, V1_QUICK_BYTES);
    then(t, STEP_QUICK_LAST);
}

static void peer_quick_last(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established)
        return;
    j = sim_job_on(t, &t->sa);
    sim_say_got(&j, V1_QUICK_LAST_BYTES);
    sim_say(&j, "ENC", "parsed QUICK_MODE request %u [ HASH ]", t->asked_mid);
    sim_v1_child_up(t, &j, t->next);
    sim_arm(t, TM_PEER_CHILD_REKEY, (int64_t)t->child_rekey_s * 950);
}

void sim_v1_peer_steps(struct sim_tunnel *t)
{
    static void (*const steps[STEP_COUNT])(struct sim_tunnel * t) = {[STEP_KE] = peer_ke,
        [STEP_ID] = peer_id,
        [STEP_QUICK] = peer_quick,
        [STEP_QUICK_LAST] = peer_quick_last};
    steps[t->step](t);
}

void sim_v1_peer_child_rekey(struct sim_tunnel *t)
{
    if (!t->sa.established || !t->sa.child || t->path_down)
        return;
    if (t->old.established) { /* in the middle of a new phase 1 */
        sim_arm(t, TM_PEER_CHILD_REKEY, V1_OLD_IKE_MS);
        return;
    }
    peer_quick(t);
}

/* --- its DELETEs --- */

static void say_child_deleted(const struct sim_job *j, uint32_t child, uint32_t in, uint32_t out)
{
    sim_v1_told(j, "HASH D", V1_NOTIFY_BYTES);
    sim_say(j, "IKE", "received DELETE for ESP CHILD_SA with SPI %08x", out);
    sim_say0(j, "IKE",
        "closing CHILD_SA %s{%u} with SPIs %08x_i (0 bytes) %08x_o (0 bytes) and TS 0.0.0.0/0 === 0.0.0.0/0",
        j->t->child_name, child, in, out);
}

static void say_ike_deleted(struct sim_tunnel *t, const struct sim_job *j)
{
    sim_v1_told(j, "HASH D", V1_LIVE_BYTES);
    sim_say(j, "IKE", "received DELETE for IKE_SA %s[%u]", t->conn, j->sa->uid);
    sim_v1_old_ike_says(t, j);
}

void sim_v1_peer_drops_old_child(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    say_child_deleted(&j, t->old.child, t->old.spi_in, t->old.spi_out);
    t->old.child = 0;
}

void sim_v1_peer_drops_old_ike(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->old);
    say_ike_deleted(t, &j);
}

void sim_v1_peer_child_delete(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established || !t->sa.child)
        return;
    j = sim_job_on(t, &t->sa);
    say_child_deleted(&j, t->sa.child, t->sa.spi_in, t->sa.spi_out);
    sim_down(t, "peer-delete-child", NULL);
    t->sa.child = 0;
    sim_disarm(t, TM_CHILD_REKEY);
    sim_disarm(t, TM_CHILD_HARD);
    sim_disarm(t, TM_PEER_CHILD_REKEY);
    sim_arm(t, TM_START, 5000);
}

/* charon sends one DELETE for each CHILD_SA and one for the IKE_SA; others only the latter. */
void sim_v1_peer_delete(struct sim_tunnel *t, const char *cause, const char *also)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    if (t->sa.child && sim_random_of(&t->device->random, 0, 1)) {
        say_child_deleted(&j, t->sa.child, t->sa.spi_in, t->sa.spi_out);
        sim_down(t, cause, also);
        j = sim_job_on(t, &t->sa);
    }
    say_ike_deleted(t, &j);
    sim_down(t, cause, also);
    sim_fail(t, t->blocked ? 0 : 5000);
}
