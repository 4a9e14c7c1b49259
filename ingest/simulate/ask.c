#include "ingest/simulate/peers.h"

enum {
    INIT_BYTES = 464,
    AUTH_BYTES = 236,
    REKEY_BYTES = 476,
    IKE_REKEY_BYTES = 428,
    LARGE_AUTH_BYTES = 2256
};

static const char *payloads(const struct sim_tunnel *t, enum sim_request what)
{
    bool certificate = t->fault == F_FRAGMENTS || t->fault == F_FRAGMENTED || t->fault == F_CERT_EXPIRED ||
                       t->fault == F_CERT_UNTRUSTED;
    switch (what) {
    case RQ_INIT:
        return t->fault == F_COOKIE && t->init_tries == 2
                   ? "N(COOKIE) SA KE No N(NATD_S_IP) N(NATD_D_IP) N(FRAG_SUP) N(HASH_ALG) N(REDIR_SUP)"
               : t->fault == F_FRAGMENTS
                   ? "SA KE No N(NATD_S_IP) N(NATD_D_IP) N(HASH_ALG) N(REDIR_SUP)"
                   : "SA KE No N(NATD_S_IP) N(NATD_D_IP) N(FRAG_SUP) N(HASH_ALG) N(REDIR_SUP)";
    case RQ_AUTH:
        return certificate
                   ? "IDi CERT N(INIT_CONTACT) CERTREQ IDr AUTH SA TSi TSr N(MULT_AUTH) N(EAP_ONLY) "
                     "N(MSG_ID_SYN_SUP)"
                   : "IDi N(INIT_CONTACT) IDr AUTH SA TSi TSr N(MULT_AUTH) N(EAP_ONLY) N(MSG_ID_SYN_SUP)";
    case RQ_CHILD:
        return "SA No KE TSi TSr";
    case RQ_CHILD_REKEY:
        return "N(REKEY_SA) SA No KE TSi TSr";
    case RQ_IKE_REKEY:
        return "SA No KE";
    case RQ_CHILD_DELETE:
    case RQ_IKE_DELETE:
        return "D";
    default:
        return "";
    }
}

static const char *exchange(enum sim_request what)
{
    switch (what) {
    case RQ_INIT:
        return "IKE_SA_INIT";
    case RQ_AUTH:
        return "IKE_AUTH";
    case RQ_CHILD:
    case RQ_CHILD_REKEY:
    case RQ_IKE_REKEY:
        return "CREATE_CHILD_SA";
    default:
        return "INFORMATIONAL";
    }
}

/* Does the peer's answer reach the device? */
static bool answered(const struct sim_tunnel *t)
{
    if (t->path_down)
        return false;
    switch (t->asked) {
    case RQ_INIT:
        return t->fault != F_UNREACHABLE && t->fault != F_SEND_FAILED;
    case RQ_AUTH:
        return t->fault != F_NAT4500 && t->fault != F_FRAGMENTS && t->fault != F_AUTH_LOST;
    case RQ_CHILD:
    case RQ_CHILD_REKEY:
    case RQ_IKE_REKEY:
        return t->fault != F_REKEY_LOST;
    default:
        return true;
    }
}

void sim_socket_may_refuse(struct sim_tunnel *t)
{
    if (t->fault == F_SEND_FAILED || (t->path_down && t->device->fault == F_UPLINK))
        sim_say_device(t->device, 2, "NET", "error writing to socket: Network is unreachable");
}

/* The sender is a thread of its own. */
static void transmit(const struct sim_job *j)
{
    struct sim_tunnel *t = j->t;
    uint32_t bytes = t->asked_bytes;
    if (t->fault == F_FRAGMENTED && t->asked == RQ_AUTH) {
        sim_say(j, "ENC", "splitting IKE message (%u bytes) into 2 fragments", bytes);
        sim_say(j, "ENC", "generating IKE_AUTH request %u [ EF(1/2) ]", t->asked_mid);
        sim_say(j, "ENC", "generating IKE_AUTH request %u [ EF(2/2) ]", t->asked_mid);
        sim_say_sent(j, 1252);
        bytes = 1076;
    }
    sim_say_sent(j, bytes);
    sim_socket_may_refuse(t);
    if (answered(t))
        sim_arm(t, TM_ANSWER, sim_random_of(&t->device->random, RTT_LOW_MS, RTT_HIGH_MS));
}

void sim_ask(const struct sim_job *j, enum sim_request what, uint32_t bytes)
{
    struct sim_tunnel *t = j->t;
    struct sim_sa *sa = &t->sa;
    const char *inside = payloads(t, what);
    t->asked = what;
    t->asked_mid = what == RQ_INIT ? 0 : sa->mid_out;
    sa->mid_out = t->asked_mid + 1;
    t->attempt = 0;
    t->asked_bytes = bytes;
    t->asked_ms = t->device->now_ms;
    sim_say(j, "ENC", "generating %s request %u [ %s%s]", exchange(what), t->asked_mid, inside,
        *inside ? " " : "");
    sim_arm(t, TM_RETRANSMIT, t->device->retransmit_ms);
    transmit(j);
    if (t->heard_ms == 0)
        t->heard_ms = t->asked_ms;
}

void sim_initiate(const struct sim_job *j)
{
    struct sim_tunnel *t = j->t;
    sim_say0(j, "IKE", "initiating IKE_SA %s[%u] to %s", t->conn, t->sa.uid, t->peer);
    t->init_tries++;
    sim_ask(j, RQ_INIT, t->fault == F_KE_RETRY && t->init_tries == 2 ? INIT_BYTES + 256 : INIT_BYTES);
}

uint32_t sim_child_new(struct sim_tunnel *t, struct sim_sa *sa)
{
    (void)sa;
    return ++t->device->last_child;
}

void sim_start(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, NULL);
    if (t->up || t->asked != RQ_NONE || t->blocked)
        return;
    if (t->fault == F_NOT_LOADED) {
        sim_say(&j, "CFG", "received stroke: initiate '%s'", t->conn);
        sim_say(&j, "CFG", "no config named '%s'", t->conn);
        sim_attempted(t);
        sim_arm(t, TM_START, sim_random_of(&t->device->random, 15000, 45000));
        return;
    }
    sim_say(&j, "CFG", "vici initiate CHILD_SA '%s'", t->child_name);
    j = sim_job_on(t, &t->sa);
    sim_attempted(t);
    if (t->sa.established) {
        t->ike->child(&j);
        return;
    }
    t->sa = (struct sim_sa){.uid = ++t->device->last_uid, .epoch = t->device->epoch};
    t->init_tries = 0;
    t->port = 500;
    t->ike->initiate(&j);
}

static void new_child(const struct sim_job *j)
{
    struct sim_tunnel *t = j->t;
    t->asked_child = sim_child_new(t, &t->sa);
    sim_disarm(t, TM_DPD);
    sim_say0(j, "IKE", "establishing CHILD_SA %s{%u}", t->child_name, t->asked_child);
    sim_ask(j, RQ_CHILD, REKEY_BYTES - 16);
}

static void child_delete(const struct sim_job *j)
{
    sim_ask(j, RQ_CHILD_DELETE, PACKET_SMALL);
}

void sim_probe(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established || t->asked != RQ_NONE)
        return;
    j = sim_job_on(t, &t->sa);
    sim_say(&j, "IKE", "sending DPD request");
    sim_ask(&j, RQ_DPD, PACKET_SMALL);
}

void sim_child_rekey(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established || !t->sa.child)
        return;
    if (t->asked != RQ_NONE) {
        sim_arm(t, TM_CHILD_REKEY, 1500);
        return;
    }
    j = sim_job_on(t, NULL);
    sim_say(&j, "KNL", "creating rekey job for CHILD_SA ESP/0x%08x/%s", t->sa.spi_out, t->peer);
    j = sim_job_on(t, &t->sa);
    t->asked_child = sim_child_new(t, &t->sa);
    sim_say0(&j, "IKE", "establishing CHILD_SA %s{%u} reqid %u", t->child_name, t->asked_child, t->reqid);
    sim_ask(&j, RQ_CHILD_REKEY, REKEY_BYTES);
}

void sim_ike_rekey(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.established)
        return;
    if (t->asked != RQ_NONE) {
        sim_arm(t, TM_IKE_REKEY, 1500);
        return;
    }
    j = sim_job_on(t, &t->sa);
    t->next = (struct sim_sa){.uid = ++t->device->last_uid, .epoch = t->device->epoch};
    sim_say0(&j, "IKE", "initiating IKE_SA %s[%u] to %s", t->conn, t->next.uid, t->peer);
    sim_ask(&j, RQ_IKE_REKEY, IKE_REKEY_BYTES);
}

int64_t sim_close_pause_ms(const struct sim_tunnel *t)
{
    return t->blocked ? 120000 : t->fault == F_OPERATOR ? 20000 : 5000;
}

static void say_deleting(const struct sim_job *j)
{
    const struct sim_tunnel *t = j->t;
    sim_say0(j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->sa.uid, t->local,
        t->local, t->peer, t->peer_id);
    sim_say(j, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
}

void sim_say_close(const struct sim_job *j)
{
    say_deleting(j);
    sim_say(j, "ENC", "generating INFORMATIONAL request %u [ D ]", j->t->sa.mid_out);
    sim_say_sent(j, PACKET_SMALL);
}

void sim_close(struct sim_tunnel *t, const struct sim_job *j, const char *cause)
{
    t->closing = cause;
    sim_quiet(t);
    say_deleting(j);
    sim_ask(j, RQ_IKE_DELETE, PACKET_SMALL);
}

static void lost_in_silence(struct sim_tunnel *t)
{
    const struct sim_device *d = t->device;
    const char *cause = d->fault == F_UPLINK       ? "local-uplink-lost"
                        : d->fault == F_ADDRESS    ? "local-address-changed"
                        : t->corrupt               ? "corrupt-messages"
                        : t->fault == F_REKEY_LOST ? "rekey-unanswered"
                                                   : "path-loss";
    /* A rekeying that was the first to die looks the same: nothing else was asked meanwhile. */
    sim_down(t, cause,
        t->corrupt || d->fault == F_ADDRESS ? "path-loss"
        : cause[0] != 'p'                   ? NULL
        : t->asked == RQ_DPD                ? "peer-dead"
                                            : "peer-dead rekey-unanswered");
    if (t->incidents && cause[0] == 'p') {
        t->incident[t->incidents - 1].onset_earliest_ms = t->heard_ms;
        t->incident[t->incidents - 1].onset_latest_ms = t->asked_ms;
    }
}

void sim_lost(struct sim_tunnel *t)
{
    if (!t->up)
        return;
    if (t->misread) /* the changed key was met by a renewal, before anything was lost */
        sim_down(t, "psk-mismatch", "corrupt-messages");
    else
        lost_in_silence(t);
}

static bool of_setup(enum sim_request what)
{
    return what == RQ_INIT || what == RQ_AUTH || (what >= RQ_MAIN_SA && what <= RQ_AGGRESSIVE);
}

void sim_give_up(struct sim_tunnel *t, const struct sim_job *j)
{
    bool setup = of_setup(t->asked);
    sim_say(j, "IKE", "giving up after %u retransmits", t->attempt);
    if (setup)
        sim_say(j, "IKE", "establishing IKE_SA failed, peer not responding");
    if (!setup || t->ike == &sim_ikev1) /* IKEv1: the CHILD_SAs of an IKE_SA in renewal are lost with it */
        sim_lost(t);
    sim_fail(t, setup ? sim_random_of(&t->device->random, 8000, 60000) : 5000);
}

int64_t sim_retransmit_wait_ms(const struct sim_tunnel *t)
{
    static const double base = 1.8; /* strongSwan's retransmit_base */
    double wait = t->device->retransmit_ms;
    for (uint32_t i = 0; i < t->attempt; i++)
        wait *= base;
    return (int64_t)wait;
}

bool sim_try_again(struct sim_tunnel *t, const struct sim_job *j)
{
    if (t->asked == RQ_NONE)
        return false;
    if (t->attempt == t->device->tries) {
        sim_give_up(t, j);
        return false;
    }
    t->attempt++;
    return true;
}

void sim_retransmit(struct sim_tunnel *t)
{
    const struct sim_device *d = t->device;
    struct sim_job j = sim_job_on(t, &t->sa);
    if (!sim_try_again(t, &j))
        return;
    if (d->suffix)
        sim_say(&j, "IKE",
            "retransmit %u of request with message ID %u (tries=%u, timeout=%u, exchange=%u, state=%u)",
            t->attempt, t->asked_mid, d->tries, d->retransmit_ms / 1000,
            t->asked == RQ_INIT                                                              ? 34
            : t->asked == RQ_AUTH                                                            ? 35
            : t->asked == RQ_CHILD || t->asked == RQ_CHILD_REKEY || t->asked == RQ_IKE_REKEY ? 36
                                                                                             : 37,
            t->asked == RQ_INIT || t->asked == RQ_AUTH ? 1
            : t->asked == RQ_IKE_DELETE                ? 6
            : t->asked == RQ_IKE_REKEY                 ? 4
                                                       : 2);
    else
        sim_say(&j, "IKE", "retransmit %u of request with message ID %u", t->attempt, t->asked_mid);
    sim_arm(t, TM_RETRANSMIT, sim_retransmit_wait_ms(t));
    transmit(&j);
}

static void answer_delete(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    const char *cause = t->closing;
    sim_say_got(&j, PACKET_SMALL);
    sim_say(&j, "ENC", "parsed INFORMATIONAL response %u [ ]", t->asked_mid);
    sim_say0(&j, "IKE", "IKE_SA deleted");
    t->asked = RQ_NONE;
    if (!cause) { /* the old one of a rekeying */
        t->sa = t->next;
        sim_living(t);
        return;
    }
    sim_down(t, cause, NULL);
    sim_fail(t, 0);
    if (t->fault == F_REAUTH) {
        sim_say(&j, "IKE", "restarting CHILD_SA %s", t->child_name);
        sim_disarm(t, TM_START);
        t->sa = (struct sim_sa){.uid = ++t->device->last_uid, .epoch = t->device->epoch};
        t->init_tries = 0;
        sim_initiate(&j);
        return;
    }
    sim_arm(t, TM_START, sim_close_pause_ms(t));
}

static void answer_child_delete(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    sim_say_got(&j, PACKET_SMALL);
    sim_say(&j, "ENC", "parsed INFORMATIONAL response %u [ D ]", t->asked_mid);
    sim_say(&j, "IKE", "received DELETE for ESP CHILD_SA with SPI %08x", t->asked_child);
    sim_say(&j, "IKE", "CHILD_SA closed");
    t->asked = RQ_NONE;
    sim_living(t);
}

/* The peer, or a box on the way, spoils what it answers. */
static void answer_unreadable(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    sim_say_got(&j, PACKET_SMALL);
    sim_say(&j, "ENC", "verifying encrypted payload integrity failed");
    sim_say(&j, "ENC", "could not decrypt payloads");
    sim_say(&j, "IKE", "integrity check failed");
    sim_say(&j, "IKE", "%s response with message ID %u processing failed", exchange(t->asked), t->asked_mid);
}

void sim_answer(struct sim_tunnel *t)
{
    struct sim_job j;
    if (t->corrupt) {
        answer_unreadable(t);
        return;
    }
    sim_disarm(t, TM_RETRANSMIT);
    t->heard_ms = t->device->now_ms;
    switch (t->asked) {
    case RQ_INIT:
        sim_answer_init(t);
        break;
    case RQ_AUTH:
        sim_answer_auth(t);
        break;
    case RQ_CHILD:
    case RQ_CHILD_REKEY:
        sim_answer_child(t);
        break;
    case RQ_IKE_REKEY:
        sim_answer_ike(t);
        break;
    case RQ_IKE_DELETE:
        answer_delete(t);
        break;
    case RQ_CHILD_DELETE:
        answer_child_delete(t);
        break;
    case RQ_DPD:
        j = sim_job_on(t, &t->sa);
        sim_say_got(&j, PACKET_SMALL);
        sim_say(&j, "ENC", "parsed INFORMATIONAL response %u [ ]", t->asked_mid);
        t->asked = RQ_NONE;
        sim_living(t);
        break;
    default:
        break;
    }
}

const struct sim_ike sim_ikev2 = {
    .timer = {[TM_DPD] = sim_probe,
        [TM_RETRANSMIT] = sim_retransmit,
        [TM_ANSWER] = sim_answer,
        [TM_CHILD_REKEY] = sim_child_rekey,
        [TM_IKE_REKEY] = sim_ike_rekey,
        [TM_PEER_INIT] = sim_peer_init,
        [TM_PEER_AUTH] = sim_peer_auth,
        [TM_PEER_CHILD_REKEY] = sim_peer_child_rekey,
        [TM_PEER_CHILD_DELETE] = sim_peer_child_delete,
        [TM_PEER_IKE_REKEY] = sim_peer_ike_rekey},
    .initiate = sim_initiate,
    .child = new_child,
    .close = sim_close,
    .say_close = sim_say_close,
    .child_delete = child_delete,
    .peer_delete = sim_peer_delete,
};
