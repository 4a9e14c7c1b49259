#include "ingest/simulate/peers.h"

const struct sim_fault sim_faults[FAULT_COUNT] = {
#define FAULT(symbol, name, cause, also, role, when, versions)                                               \
    [symbol] = {name, cause, also, role, when, versions},
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
            t->ike->say_close(&j);
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
    t->ike->close(t, &j, sim_faults[t->fault].cause);
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

static void peer_deletes(struct sim_tunnel *t)
{
    t->blocked = t->fault == F_PEER_DELETE_DOWN;
    t->ike->peer_delete(t, sim_faults[t->fault].cause, sim_faults[t->fault].also);
    if (t->fault == F_PEER_REAUTH_R)
        sim_arm(t, TM_PEER_INIT, 150);
    if (!t->blocked)
        again(t);
}

static void peer_deletes_child(struct sim_tunnel *t)
{
    t->ike->timer[TM_PEER_CHILD_DELETE](t);
}

static void peer_restarts(struct sim_tunnel *t)
{
    sim_arm(t, TM_PEER_INIT, 1);
}

static void duplicates(struct sim_tunnel *t)
{
    t->duplicates = 4;
    sim_arm(t, TM_PEER_INIT, 1);
}

static void reauthenticates(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    sim_say0(&j, "IKE", "reauthenticating IKE_SA %s[%u]", t->conn, t->sa.uid);
    sim_close(t, &j, "local-reauth");
}

static void corrupts(struct sim_tunnel *t)
{
    t->corrupt = true;
}

/* What strikes a tunnel that is up, and whether it does so again later; what strikes a device. A kind that
 * shows when its time comes anyway, at a rekeying, has nothing here. */
static const struct {
    void (*tunnel)(struct sim_tunnel *t);
    bool again;
    void (*device)(struct sim_device *d);
} strikes[FAULT_COUNT] = {
    [F_PATH] = {.tunnel = path_breaks},
    [F_PATH_R] = {.tunnel = path_breaks},
    [F_PATH_DOWN] = {.tunnel = path_breaks},
    [F_PATH_PSK] = {.tunnel = path_breaks},
    [F_NEAR_MISS] = {.tunnel = path_breaks},
    [F_PEER_DELETE] = {.tunnel = peer_deletes},
    [F_PEER_DELETE_DOWN] = {.tunnel = peer_deletes},
    [F_PEER_REAUTH_R] = {.tunnel = peer_deletes},
    [F_PEER_DELETE_CHILD] = {.tunnel = peer_deletes_child, .again = true},
    [F_PEER_RESTART_R] = {.tunnel = peer_restarts, .again = true},
    [F_DUPLICATE_R] = {.tunnel = duplicates, .again = true},
    [F_OPERATOR] = {.tunnel = operator_ends, .again = true},
    [F_ADMIN] = {.tunnel = operator_ends, .again = true},
    [F_REAUTH] = {.tunnel = reauthenticates, .again = true},
    [F_SILENT] = {.tunnel = goes_without_charon, .again = true},
    [F_CONFIG] = {.tunnel = goes_without_charon, .again = true},
    [F_MEMORY] = {.tunnel = goes_without_charon, .again = true},
    [F_CORRUPT] = {.tunnel = corrupts, .again = true},
    [F_COLLISION] = {.tunnel = sim_collide, .again = true},
    [F_COLLISION_KEPT] = {.tunnel = sim_collide, .again = true},
    [F_CHILD_REPLACED] = {.tunnel = sim_child_replaced, .again = true},
    [F_MOBIKE] = {.tunnel = sim_peer_moves, .again = true},
    [F_SCANNER] = {.tunnel = sim_scan, .again = true},
    [F_UPLINK] = {.device = uplink_goes},
    [F_ADDRESS] = {.device = address_changes},
    [F_REBOOT] = {.device = reboots},
    [F_DAEMON] = {.device = daemon_stops},
};

void sim_fault_begins(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    if (d->fault != F_NONE) {
        strikes[d->fault].device(d);
        again(t);
    } else if (!strikes[t->fault].tunnel) {
        return;
    } else if (!t->up || t->asked != RQ_NONE) {
        sim_arm(t, TM_FAULT, 3000);
    } else {
        strikes[t->fault].tunnel(t);
        if (strikes[t->fault].again)
            again(t);
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
