#include "ingest/simulate/peers.h"

const struct sim_fault sim_faults[FAULT_COUNT] = {
#define FAULT(symbol, name, cause, also, role, when) [symbol] = {name, cause, also, role, when},
#include "ingest/simulate/fault.def"
#undef FAULT
};

enum { RESTART_MS = 5000, REBOOT_MS = 150000, OUTAGE_LOW_MS = 90000, OUTAGE_HIGH_MS = 400000, DIP_MS = 9000 };

static void again(struct sim_tunnel *t)
{
    const struct sim_device *d = t->device;
    int64_t span = d->ends_ms - d->began_ms;
    sim_arm(t, TM_FAULT, span / 3 + sim_random_of(&t->device->random, 0, 60000));
}

static void uplink_goes(struct sim_device *d)
{
    sim_say_device(d, sim_random_of(&d->random, 1, 16), "KNL", "interface eth0 deactivated");
    for (uint32_t i = 0; i < d->tunnels; i++)
        d->tunnel[i].path_down = true;
    sim_arm(&d->tunnel[0], TM_FAULT_ENDS,
        d->retransmit_ms * 15 + d->tunnel[0].dpd_s * 1000 + sim_random_of(&d->random, 0, 30000));
}

/* A NAT or the provider gave the device another address: the peer answers to the old one. */
static void address_changes(struct sim_device *d)
{
    sim_say_notice(d, "control-connection-tloc-ip-change", "major",
        "personality:vedge old-public-ip:203.0.113.7 old-public-port:12346 new-public-ip:203.0.113.99 "
        "new-public-port:12346");
    for (uint32_t i = 0; i < d->tunnels; i++)
        d->tunnel[i].path_down = true;
    sim_arm(&d->tunnel[0], TM_FAULT_ENDS, d->retransmit_ms * 15 + d->tunnel[0].dpd_s * 1000);
}

/* Nobody has the time to say goodbye to the peers. */
static void reboots(struct sim_device *d)
{
    sim_say_notice(d, "system-reboot-issued", "major", "reboot-reason:\"Initiated by user\"");
    for (uint32_t i = 0; i < d->tunnels; i++) {
        sim_down(&d->tunnel[i], "device-reboot", NULL);
        sim_fail(&d->tunnel[i], 0);
        sim_disarm(&d->tunnel[i], TM_START);
        sim_disarm(&d->tunnel[i], TM_PEER_INIT);
    }
    sim_arm(&d->tunnel[0], TM_FAULT_ENDS, REBOOT_MS);
}

static void daemon_stops(struct sim_device *d)
{
    sim_say_device(d, 0, "DMN", "SIGTERM received, shutting down");
    for (uint32_t i = 0; i < d->tunnels; i++) {
        struct sim_tunnel *t = &d->tunnel[i];
        struct sim_job j = {.t = t, .sa = &t->sa, .thread = 0, .named = true};
        if (t->sa.established && t->up) {
            sim_say0(&j, "IKE", "deleting IKE_SA %s[%u] between %s[%s]...%s[%s]", t->conn, t->sa.uid,
                t->local, t->local, t->peer, t->peer_id);
            sim_say(&j, "IKE", "sending DELETE for IKE_SA %s[%u]", t->conn, t->sa.uid);
            sim_say(&j, "ENC", "generating INFORMATIONAL request %u [ D ]", t->sa.mid_out);
            sim_say_sent(&j, PACKET_SMALL);
            sim_down(t, "local-daemon-restart", NULL);
        }
        sim_fail(t, 0);
        sim_disarm(t, TM_START);
        sim_disarm(t, TM_PEER_INIT);
    }
    sim_arm(&d->tunnel[0], TM_FAULT_ENDS, RESTART_MS);
}

static void daemon_starts(struct sim_device *d)
{
    d->epoch++;
    d->last_uid = d->last_child = 0;
    sim_say_device(d, 0, "DMN", "Starting IKE charon daemon (strongSwan 5.9.8, Linux 4.9.57, x86_64)");
    sim_say_device(d, 0, "JOB", "spawning 16 worker threads");
    for (uint32_t i = 0; i < d->tunnels; i++) {
        sim_load(&d->tunnel[i], 2000);
    }
}

static void operator_ends(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, NULL);
    if (t->fault == F_ADMIN) {
        sim_say_admin(t, "down");
        t->blocked = true;
        sim_arm(t, TM_FAULT_ENDS, 120000);
    }
    sim_say(&j, "CFG", "vici terminate IKE_SA '%s'", t->conn);
    j = sim_job_on(t, &t->sa);
    sim_close(t, &j, sim_faults[t->fault].cause);
}

static void device_struck(struct sim_device *d)
{
    switch (d->fault) {
    case F_UPLINK:
        uplink_goes(d);
        break;
    case F_ADDRESS:
        address_changes(d);
        break;
    case F_REBOOT:
        reboots(d);
        break;
    default:
        daemon_stops(d);
        break;
    }
}

/* A commit or a shortage concerns every tunnel of the device: nobody can tell whose loss it explains. */
static const char *excuse_of(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    if (t->fault == F_SILENT)
        return d->excuse && d->now_ms - d->excuse_ms <= 300000 ? d->excuse : NULL;
    d->excuse = sim_faults[t->fault].cause;
    d->excuse_ms = d->now_ms;
    return NULL;
}

/* charon says nothing; what the device says of itself is all there is. */
static void goes_without_charon(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, NULL);
    if (t->fault == F_CONFIG) {
        sim_say_notice(t->device, "system-commit", "minor", "user-name:\"admin\" user-id:1042");
        sim_say(&j, "CFG", "updated vici connection: %s", t->conn);
    } else if (t->fault == F_MEMORY) {
        sim_say_notice(t->device, "memory-usage", "critical", "warning:Red total-mb:1907 free-mb:21");
    }
    sim_down(t, sim_faults[t->fault].cause, excuse_of(t));
    sim_arm(t, TM_FAULT_ENDS, 60000);
}

/* For good, for a while, or only until the first retransmission. */
static void path_breaks(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    int64_t given_up_ms = (int64_t)d->retransmit_ms * 15;
    t->path_down = true;
    if (t->fault == F_PATH_PSK)
        sim_arm(t, TM_FAULT_ENDS, given_up_ms + OUTAGE_LOW_MS);
    if (t->fault == F_PATH_DOWN || t->fault == F_PATH_PSK)
        return;
    if (t->fault == F_NEAR_MISS)
        sim_arm(t, TM_FAULT_ENDS, t->dpd_s * 1000 + d->retransmit_ms);
    else
        sim_arm(t, TM_FAULT_ENDS, given_up_ms + sim_random_of(&d->random, OUTAGE_LOW_MS, OUTAGE_HIGH_MS));
    again(t);
}

void sim_fault_begins(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    struct sim_job j;
    if (d->fault != F_NONE) {
        device_struck(d);
        again(t);
        return;
    }
    if (!t->up || t->asked != RQ_NONE) {
        sim_arm(t, TM_FAULT, 3000);
        return;
    }
    switch (t->fault) {
    case F_PATH:
    case F_PATH_R:
    case F_NEAR_MISS:
    case F_PATH_DOWN:
    case F_PATH_PSK:
        path_breaks(t);
        break;
    case F_PEER_DELETE_DOWN:
        t->blocked = true;
        sim_peer_delete(t, "peer-delete", "peer-operator");
        break;
    case F_PEER_DELETE:
        sim_peer_delete(t, "peer-delete", sim_faults[t->fault].also);
        again(t);
        break;
    case F_PEER_REAUTH_R:
        sim_peer_delete(t, "peer-reauth", NULL);
        sim_arm(t, TM_PEER_INIT, 150);
        again(t);
        break;
    case F_PEER_RESTART_R:
        sim_arm(t, TM_PEER_INIT, 1);
        again(t);
        break;
    case F_PEER_DELETE_CHILD:
        sim_peer_child_delete(t);
        again(t);
        break;
    case F_OPERATOR:
    case F_ADMIN:
        operator_ends(t);
        again(t);
        break;
    case F_REAUTH:
        j = sim_job_on(t, &t->sa);
        sim_say0(&j, "IKE", "reauthenticating IKE_SA %s[%u]", t->conn, t->sa.uid);
        sim_close(t, &j, "local-reauth");
        again(t);
        break;
    case F_SILENT:
    case F_CONFIG:
    case F_MEMORY:
        goes_without_charon(t);
        again(t);
        break;
    case F_CORRUPT:
        t->corrupt = true;
        again(t);
        break;
    case F_DUPLICATE_R:
        t->duplicates = 4;
        sim_arm(t, TM_PEER_INIT, 1);
        again(t);
        break;
    case F_COLLISION:
    case F_COLLISION_KEPT:
        sim_collide(t);
        again(t);
        break;
    case F_CHILD_REPLACED:
        sim_child_replaced(t);
        again(t);
        break;
    case F_MOBIKE:
        sim_peer_moves(t);
        again(t);
        break;
    case F_SCANNER:
        sim_scan(t);
        again(t);
        break;
    default:
        break;
    }
}

void sim_fault_ends(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    if (d->fault == F_REBOOT)
        sim_say_notice(d, "system-reboot-complete", "major", "");
    if (d->fault == F_DAEMON || d->fault == F_REBOOT) {
        daemon_starts(d);
        return;
    }
    for (uint32_t i = 0; i < d->tunnels && d->fault != F_NONE; i++)
        d->tunnel[i].path_down = false;
    if (d->fault == F_UPLINK)
        sim_say_device(d, sim_random_of(&d->random, 1, 16), "KNL", "interface eth0 activated");
    t->path_down = false;
    if (t->fault == F_ADMIN) {
        t->blocked = false;
        sim_say_admin(t, "up");
        sim_arm(t, TM_START, 3000);
    }
    if (t->fault == F_SILENT || t->fault == F_CONFIG || t->fault == F_MEMORY)
        sim_up(t);
}
