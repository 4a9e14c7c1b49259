#include "ingest/simulate/peers.h"

#define TS_ALL "0.0.0.0/0 === 0.0.0.0/0"

enum { HALF_OPEN_MS = 30000 };

static struct sim_pair pair_new(struct sim_tunnel *t)
{
    return (struct sim_pair){sim_child_new(t, &t->sa), sim_spi(t), sim_spi(t)};
}

struct sim_pair sim_pair_of(const struct sim_sa *sa)
{
    return (struct sim_pair){sa->child, sa->spi_in, sa->spi_out};
}

static void use(struct sim_sa *sa, struct sim_pair p)
{
    sa->child = p.child;
    sa->spi_in = p.in;
    sa->spi_out = p.out;
}

/* prefix: "", "inbound " or "outbound " */
static void say_child(const struct sim_job *j, const char *prefix, struct sim_pair p)
{
    sim_say0(j, "IKE", "%sCHILD_SA %s{%u} established with SPIs %08x_i %08x_o and TS " TS_ALL, prefix,
        j->t->child_name, p.child, p.in, p.out);
}

static void say_closing(const struct sim_job *j, struct sim_pair p)
{
    sim_say0(j, "IKE", "closing CHILD_SA %s{%u} with SPIs %08x_i (0 bytes) %08x_o (0 bytes) and TS " TS_ALL,
        j->t->child_name, p.child, p.in, p.out);
}

uint32_t sim_peer_deletes(const struct sim_job *j, struct sim_sa *sa, struct sim_pair p)
{
    uint32_t mid = sa->mid_in++;
    sim_say_got(j, PACKET_SMALL);
    sim_say(j, "ENC", "parsed INFORMATIONAL request %u [ D ]", mid);
    sim_say(j, "IKE", "received DELETE for ESP CHILD_SA with SPI %08x", p.out);
    say_closing(j, p);
    sim_say(j, "IKE", "sending DELETE for ESP CHILD_SA with SPI %08x", p.in);
    sim_say(j, "IKE", "CHILD_SA closed");
    return mid;
}

void sim_say_deleted(const struct sim_job *j, uint32_t mid)
{
    sim_say(j, "ENC", "generating INFORMATIONAL response %u [ D ]", mid);
    sim_say_sent(j, PACKET_SMALL);
}

/* --- both initiate --- */

static void say_init_answered(const struct sim_job *j)
{
    sim_say_got(j, 464);
    sim_say(j, "ENC", "parsed IKE_SA_INIT request 0 [ " INIT_REQUEST " ]");
    sim_say0(j, "IKE", "%s is initiating an IKE_SA", j->t->peer);
    sim_say(j, "CFG", "selected proposal: " IKE_SUITE);
    sim_say(j, "ENC", "generating IKE_SA_INIT response 0 [ " INIT_RESPONSE " ]");
    sim_say_sent(j, 472);
}

void sim_twin_init(struct sim_tunnel *t)
{
    struct sim_job j;
    t->port = 500;
    t->next = (struct sim_sa){.uid = ++t->device->last_uid, .epoch = t->device->epoch, .mid_in = 2};
    j = sim_job_on(t, &t->next);
    j.named = false;
    say_init_answered(&j);
    sim_arm(t, TM_PEER_AUTH, sim_random_of(&t->device->random, RTT_LOW_MS, RTT_HIGH_MS));
}

void sim_twin_auth(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->next);
    j.named = false;
    sim_say_got(&j, 252);
    sim_say(&j, "ENC",
        "parsed IKE_AUTH request 1 [ IDi N(INIT_CONTACT) IDr AUTH N(ESP_TFC_PAD_N) SA TSi TSr N(MULT_AUTH) "
        "N(EAP_ONLY) N(MSG_ID_SYN_SUP) ]");
    sim_say(&j, "CFG", "looking for peer configs matching %s[%s]...%s[%s]", t->local, t->local, t->peer,
        t->peer_id);
    j.named = true;
    sim_say(&j, "CFG", "selected peer config '%s'", t->conn);
    sim_say(&j, "IKE", "authentication of '%s' with pre-shared key successful", t->peer_id);
    sim_say(&j, "IKE", "authentication of '%s' (myself) with pre-shared key", t->local);
    sim_say0(&j, "IKE", "IKE_SA %s[%u] established between %s[%s]...%s[%s]", t->conn, t->next.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(&j, "IKE", "scheduling rekeying in %us", t->ike_rekey_s);
    sim_say(&j, "IKE", "maximum IKE_SA lifetime %us", t->ike_rekey_s + t->ike_rekey_s / 10);
    sim_say(&j, "CFG", "selected proposal: ESP:AES_GCM_16_256/NO_EXT_SEQ");
    use(&t->next, pair_new(t));
    say_child(&j, "", sim_pair_of(&t->next));
    sim_up(t);
    sim_say(&j, "ENC", "generating IKE_AUTH response 1 [ IDr AUTH SA TSi TSr ]");
    sim_say_sent(&j, 188);
    sim_arm(t, TM_PEER_CHILD_DELETE, 15000);
}

/* The peer finds that it has two and deletes its own. */
void sim_twin_goes(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established) {
        sim_arm(t, TM_PEER_CHILD_DELETE, 15000);
        return;
    }
    j = sim_job_on(t, &t->next);
    sim_say_got(&j, PACKET_SMALL);
    sim_say(&j, "ENC", "parsed INFORMATIONAL request %u [ D ]", t->next.mid_in);
    sim_say(&j, "IKE", "received DELETE for IKE_SA %s[%u]", t->conn, t->next.uid);
    sim_say0(&j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->next.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say0(&j, "IKE", "IKE_SA deleted");
    sim_say(&j, "ENC", "generating INFORMATIONAL response %u [ ]", t->next.mid_in);
    sim_say_sent(&j, PACKET_SMALL);
}

/* --- both rekey the CHILD_SA --- */

static void we_ask(struct sim_tunnel *t, uint32_t child, uint32_t mid)
{
    struct sim_job j = sim_job_on(t, NULL);
    sim_say(&j, "KNL", "creating rekey job for CHILD_SA ESP/0x%08x/%s", t->sa.spi_out, t->peer);
    j = sim_job_on(t, &t->sa);
    sim_say0(&j, "IKE", "establishing CHILD_SA %s{%u} reqid %u", t->child_name, child, t->reqid);
    sim_say(&j, "ENC", "generating CREATE_CHILD_SA request %u [ N(REKEY_SA) SA No KE TSi TSr ]", mid);
    sim_say_sent(&j, 476);
}

static void peer_asks(struct sim_tunnel *t, struct sim_pair theirs)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    uint32_t mid = t->sa.mid_in++;
    sim_say_got(&j, 476);
    sim_say(&j, "ENC", "parsed CREATE_CHILD_SA request %u [ N(REKEY_SA) N(ESP_TFC_PAD_N) SA No KE TSi TSr ]",
        mid);
    sim_say(&j, "CFG", "selected proposal: " ESP_PFS);
    say_child(&j, "inbound ", theirs);
    sim_say(&j, "IKE", "detected CHILD_REKEY collision with CHILD_REKEY");
    sim_say(&j, "ENC", "generating CREATE_CHILD_SA response %u [ SA No KE TSi TSr ]", mid);
    sim_say_sent(&j, 476);
}

/* @param goes  which of ours to delete: the redundant new one, or the old one */
static void we_delete(struct sim_tunnel *t, const struct sim_job *j, struct sim_pair goes)
{
    struct sim_job answer;
    uint32_t mid = t->sa.mid_out++;
    say_closing(j, goes);
    sim_say(j, "IKE", "sending DELETE for ESP CHILD_SA with SPI %08x", goes.in);
    sim_say(j, "ENC", "generating INFORMATIONAL request %u [ D ]", mid);
    sim_say_sent(j, PACKET_SMALL);
    answer = sim_job_on(t, &t->sa);
    sim_say_got(&answer, PACKET_SMALL);
    sim_say(&answer, "ENC", "parsed INFORMATIONAL response %u [ D ]", mid);
    sim_say(&answer, "IKE", "received DELETE for ESP CHILD_SA with SPI %08x", goes.out);
    sim_say(&answer, "IKE", "CHILD_SA closed");
}

/* The peer deletes the last one too: what defective peers do. */
static void last_one_goes(struct sim_tunnel *t, struct sim_pair last)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    uint32_t mid = sim_peer_deletes(&j, &t->sa, last);
    sim_down(t, sim_faults[t->fault].cause, NULL);
    sim_say_deleted(&j, mid);
    t->sa.child = 0;
    sim_disarm(t, TM_CHILD_REKEY);
    sim_disarm(t, TM_CHILD_HARD);
    sim_arm(t, TM_START, 5000);
}

/* RFC 7296 2.8.1: the nonces decide which of the two new ones is redundant; who made it deletes it. */
void sim_collide(struct sim_tunnel *t)
{
    struct sim_pair old = sim_pair_of(&t->sa), ours = pair_new(t), theirs = pair_new(t);
    bool won = t->fault == F_COLLISION || sim_random_of(&t->device->random, 0, 1);
    uint32_t mid = t->sa.mid_out++;
    struct sim_job j;
    we_ask(t, ours.child, mid);
    peer_asks(t, theirs);
    j = sim_job_on(t, &t->sa);
    sim_say_got(&j, 476);
    sim_say(&j, "ENC", "parsed CREATE_CHILD_SA response %u [ N(ESP_TFC_PAD_N) SA No KE TSi TSr ]", mid);
    sim_say(&j, "CFG", "selected proposal: " ESP_PFS);
    say_child(&j, "inbound ", ours);
    if (won) {
        say_child(&j, "outbound ", ours);
        sim_say(
            &j, "IKE", "CHILD_SA rekey collision won, deleting old child %s{%u}", t->child_name, old.child);
    } else {
        sim_say(&j, "IKE", "CHILD_SA rekey collision lost, deleting redundant child %s{%u}", t->child_name,
            ours.child);
    }
    use(&t->sa, won ? ours : theirs);
    we_delete(t, &j, won ? old : ours);
    j = sim_job_on(t, &t->sa);
    mid = sim_peer_deletes(&j, &t->sa, won ? theirs : old);
    if (!won)
        say_child(&j, "outbound ", theirs);
    sim_say_deleted(&j, mid);
    t->heard_ms = t->device->now_ms;
    sim_living(t);
    sim_arm(t, TM_CHILD_REKEY, (int64_t)t->child_rekey_s * 950);
    sim_arm(t, TM_CHILD_HARD, (int64_t)t->child_rekey_s * 1100);
    if (t->fault == F_COLLISION)
        last_one_goes(t, ours);
}

/* --- another CHILD_SA first, then the DELETE --- */

void sim_child_replaced(struct sim_tunnel *t)
{
    struct sim_pair old = sim_pair_of(&t->sa), other = pair_new(t);
    struct sim_job j = sim_job_on(t, &t->sa);
    uint32_t mid = t->sa.mid_in++;
    sim_say_got(&j, 460);
    sim_say(&j, "ENC", "parsed CREATE_CHILD_SA request %u [ N(ESP_TFC_PAD_N) SA No KE TSi TSr ]", mid);
    sim_say(&j, "CFG", "selected proposal: " ESP_PFS);
    say_child(&j, "", other);
    sim_say(&j, "ENC", "generating CREATE_CHILD_SA response %u [ SA No KE TSi TSr ]", mid);
    sim_say_sent(&j, 460);
    j = sim_job_on(t, &t->sa);
    mid = sim_peer_deletes(&j, &t->sa, old);
    sim_say_deleted(&j, mid);
    use(&t->sa, other);
    t->heard_ms = t->device->now_ms;
    sim_living(t);
}

/* --- it begins, again and again --- */

static void half_opens_expire(struct sim_tunnel *t)
{
    for (uint32_t i = 0; i < SIM_HALF_OPEN_MAX; i++) {
        const struct sim_sa sa = {.uid = t->half_open[i], .epoch = t->device->epoch};
        struct sim_job j = sim_job_on(t, &sa);
        j.named = false;
        sim_say(&j, "JOB", "deleting half open IKE_SA with %s after timeout", t->peer);
    }
    t->half_opened = 0;
}

void sim_peer_floods(struct sim_tunnel *t)
{
    struct sim_job j;
    sim_attempted(t);
    if (t->half_opened < SIM_HALF_OPEN_MAX) {
        const struct sim_sa sa = {.uid = ++t->device->last_uid, .epoch = t->device->epoch};
        t->half_open[t->half_opened++] = sa.uid;
        j = sim_job_on(t, &sa);
        j.named = false;
        say_init_answered(&j);
        sim_arm(t, TM_PEER_INIT, 2);
        return;
    }
    if (t->half_opened++ < SIM_HALF_OPEN_MAX + 3) {
        j = sim_job_on(t, NULL);
        sim_say(&j, "NET", "ignoring IKE_SA setup from %s, per-IP half-open IKE_SA limit of %u reached",
            t->peer, (uint32_t)SIM_HALF_OPEN_MAX);
        sim_arm(t, TM_PEER_INIT, t->half_opened < SIM_HALF_OPEN_MAX + 4 ? 4000 : HALF_OPEN_MS - 12000);
        return;
    }
    half_opens_expire(t);
    sim_arm(t, TM_PEER_INIT, 40000);
}
