#include "ingest/simulate/fleet.h"

#include "classify/base/err.h"
#include "ingest/simulate/out.h"
#include "ingest/simulate/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_STEP = 7919, HEAP_FIRST = 256, MINUTE_MS = 60000 };

/* --- the queue: a binary heap, equal moments in the order they were armed --- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void push(struct sim_device *d, struct sim_event e)
{
    size_t i = d->heaped;
    if (d->heaped == d->heap_cap) {
        size_t cap = d->heap_cap ? d->heap_cap * 2 : HEAP_FIRST;
        struct sim_event *heap = realloc(d->heap, cap * sizeof(*heap));
        if (!heap) {
            d->error = ERR_NOMEM;
            return;
        }
        d->heap = heap;
        d->heap_cap = cap;
    }
    d->heaped++;
    for (; i > 0 && before(&e, &d->heap[(i - 1) / 2]); i = (i - 1) / 2)
        d->heap[i] = d->heap[(i - 1) / 2];
    d->heap[i] = e;
}

static struct sim_event pop(struct sim_device *d)
{
    struct sim_event top = d->heap[0], last = d->heap[--d->heaped];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= d->heaped)
            break;
        if (child + 1 < d->heaped && before(&d->heap[child + 1], &d->heap[child]))
            child++;
        if (!before(&d->heap[child], &last))
            break;
        d->heap[i] = d->heap[child];
        i = child;
    }
    d->heap[i] = last;
    return top;
}

void sim_arm(struct sim_tunnel *t, enum sim_timer timer, int64_t after_ms)
{
    struct sim_device *d = t->device;
    const struct sim_event e = {.at_ms = d->now_ms + after_ms,
        .order = d->ordered++,
        .tunnel = t->index,
        .timer = timer,
        .token = ++t->token[timer]};
    push(d, e);
}

void sim_disarm(struct sim_tunnel *t, enum sim_timer timer)
{
    t->token[timer]++;
}

void sim_quiet(struct sim_tunnel *t)
{
    for (int i = 0; i < TM_COUNT; i++)
        if (i != TM_FAULT && i != TM_FAULT_ENDS && i != TM_START && i != TM_PEER_INIT && i != TM_NOISE)
            sim_disarm(t, i);
}

void sim_living(struct sim_tunnel *t)
{
    if (t->sa.established)
        sim_arm(t, TM_DPD, (int64_t)t->dpd_s * 1000);
}

/* --- truth --- */

static struct sim_incident *incident_new(struct sim_tunnel *t)
{
    if (t->incidents == t->incidents_cap) {
        size_t cap = t->incidents_cap ? t->incidents_cap * 2 : 4;
        void *grown = realloc(t->incident, cap * sizeof(*t->incident));
        if (!grown) {
            t->device->error = ERR_NOMEM;
            return NULL;
        }
        t->incident = grown;
        t->incidents_cap = cap;
    }
    t->incident[t->incidents] = (struct sim_incident){.began_ms = t->device->now_ms};
    return &t->incident[t->incidents++];
}

static void transition(struct sim_tunnel *t, bool up)
{
    if (t->transitions == t->transitions_cap) {
        size_t cap = t->transitions_cap ? t->transitions_cap * 2 : 8;
        void *grown = realloc(t->transition, cap * sizeof(*t->transition));
        if (!grown) {
            t->device->error = ERR_NOMEM;
            return;
        }
        t->transition = grown;
        t->transitions_cap = cap;
    }
    t->transition[t->transitions++] = (struct sim_transition){t->device->now_ms, up};
}

void sim_up(struct sim_tunnel *t)
{
    if (t->up)
        return;
    t->up = t->ever_up = true;
    sim_say_ftmd(t, "up");
    transition(t, true);
    if (t->incidents && t->incident[t->incidents - 1].ended_ms == 0)
        t->incident[t->incidents - 1].ended_ms = t->device->now_ms;
}

void sim_down(struct sim_tunnel *t, const char *cause, const char *also)
{
    struct sim_incident *i;
    if (!t->up)
        return;
    t->up = false;
    sim_say_ftmd(t, "down");
    transition(t, false);
    i = incident_new(t);
    if (!i)
        return;
    i->cause = cause;
    i->also = also;
    if (t->fault == F_PATH_PSK && !t->misread) {
        i->blocker = "psk-mismatch";
        i->blocker_also = t->ike == &sim_ikev1 ? "corrupt-messages" : "auth-rejected-by-peer";
    }
}

const char *sim_also(const struct sim_tunnel *t)
{
    bool garbled = t->fault == F_PSK || t->fault == F_PSK_R; /* IKEv1 has no other sign of a wrong key */
    return t->ike == &sim_ikev1 && garbled ? "corrupt-messages" : sim_faults[t->fault].also;
}

void sim_attempted(struct sim_tunnel *t)
{
    struct sim_incident *i;
    if (sim_faults[t->fault].when != START || t->incidents)
        return;
    i = incident_new(t);
    if (!i)
        return;
    i->never_up = true;
    i->cause = sim_faults[t->fault].cause;
    i->also = sim_also(t);
}

/* --- the run --- */

static void child_expires(struct sim_tunnel *t)
{
    struct sim_job j;
    if (!t->sa.child || t->asked != RQ_NONE) {
        if (t->sa.child)
            sim_arm(t, TM_CHILD_HARD, 300);
        return;
    }
    j = sim_job_on(t, &t->sa);
    sim_say(&j, "KNL", "creating delete job for CHILD_SA ESP/0x%08x/%s", t->sa.spi_in, t->local);
    sim_say(&j, "KNL", "creating delete job for CHILD_SA ESP/0x%08x/%s", t->sa.spi_out, t->peer);
    sim_say0(&j, "IKE",
        "closing expired CHILD_SA %s{%u} with SPIs %08x_i %08x_o and TS 0.0.0.0/0 === 0.0.0.0/0",
        t->child_name, t->sa.child, t->sa.spi_in, t->sa.spi_out);
    sim_down(t, sim_faults[t->fault].cause, sim_faults[t->fault].also);
    sim_say(&j, "IKE", "sending DELETE for ESP CHILD_SA with SPI %08x", t->sa.spi_in);
    t->asked_child = t->sa.spi_out;
    t->sa.child = 0;
    sim_disarm(t, TM_CHILD_REKEY);
    t->ike->child_delete(&j);
    sim_arm(t, TM_START, 30000);
}

static void ike_expires(struct sim_tunnel *t)
{
    struct sim_job j;
    if (t->fault == F_IKE_REKEY_R) {
        sim_peer_delete(t, "ike-rekey-proposal-mismatch", NULL);
        return;
    }
    if (t->fault != F_IKE_REKEY || !t->up)
        return;
    if (t->asked != RQ_NONE) {
        sim_arm(t, TM_IKE_HARD, 300);
        return;
    }
    j = sim_job_on(t, &t->sa);
    sim_close(t, &j, "ike-rekey-proposal-mismatch");
}

static void keep_alive(struct sim_tunnel *t)
{
    struct sim_job j = sim_job_on(t, &t->sa);
    sim_say(&j, "IKE", "sending keep alive to %s[%u]", t->peer, t->port);
    sim_arm(t, TM_KEEP_ALIVE, 20000);
}

static void noise(struct sim_tunnel *t)
{
    struct sim_device *d = t->device;
    sim_say_noise(d, sim_random_of(&d->random, 0, 1000));
    sim_arm(t, TM_NOISE, sim_random_of(&d->random, 1, 7200000 / d->noise_per_hour));
}

/* Of both versions; the others are in struct sim_ike. */
static void (*const handlers[TM_COUNT])(struct sim_tunnel *t) = {
    [TM_START] = sim_start,
    [TM_CHILD_HARD] = child_expires,
    [TM_IKE_HARD] = ike_expires,
    [TM_HALF_OPEN] = sim_peer_half_open,
    [TM_KEEP_ALIVE] = keep_alive,
    [TM_FAULT] = sim_fault_begins,
    [TM_FAULT_ENDS] = sim_fault_ends,
    [TM_NOISE] = noise,
};

static enum sim_fault_id draw(struct sim_random *r, const struct sim_plan *plan, bool of_device)
{
    double u = sim_random_share(r);
    for (int i = 0; i < FAULT_COUNT; i++) {
        if ((sim_faults[i].when == DEVICE) != of_device)
            continue;
        if (u < plan->rate[i])
            return (enum sim_fault_id)i;
        u -= plan->rate[i];
    }
    return of_device || sim_random_of(r, 0, 3) ? F_NONE : F_HEALTHY_R;
}

static void version_of(struct sim_tunnel *t, const struct sim_plan *plan)
{
    struct sim_random *r = &t->device->random;
    enum sim_versions able = sim_faults[t->fault].versions;
    bool v1 = able == V1 || (able == ANY && sim_random_share(r) < plan->ikev1);
    t->ike = v1 ? &sim_ikev1 : &sim_ikev2;
    /* What keeps a tunnel from ever coming up is modelled for main mode. */
    t->aggressive =
        t->fault == F_MODE || t->fault == F_PSK_AGGRESSIVE ||
        (v1 && sim_faults[t->fault].when != START && t->fault != F_PATH_PSK && sim_random_of(r, 0, 3) == 0);
}

/* IPv6 needs no NAT. */
static void addresses_of(struct sim_tunnel *t, uint32_t number, const struct sim_plan *plan)
{
    bool nat = t->fault == F_NAT || t->fault == F_NAT_R || t->fault == F_NAT4500;
    t->ipv6 = !nat && sim_random_share(&t->device->random) < plan->ipv6;
    if (t->ipv6) {
        snprintf(t->local, sizeof(t->local), "2001:db8:%x::92", 0x100 + number % 0xe000);
        snprintf(t->peer, sizeof(t->peer), "2001:db8:f%03x:%x::1", t->index, number % 0xffff + 1);
    } else {
        snprintf(t->local, sizeof(t->local), "10.%u.%u.92", 132 + number / 250 % 100, number % 250);
        snprintf(t->peer, sizeof(t->peer), "100.%u.%u.1", 64 + t->index % 60, number % 250);
    }
    memcpy(t->peer_id, t->peer, sizeof(t->peer));
}

static void tunnel_init(
    struct sim_tunnel *t, struct sim_device *d, uint32_t number, const struct sim_plan *plan)
{
    struct sim_random *r = &d->random;
    *t = (struct sim_tunnel){.device = d, .index = (uint32_t)(t - d->tunnel), .port = 500};
    snprintf(t->name, sizeof(t->name), "ipsec%u", t->index + 1);
    snprintf(t->conn, sizeof(t->conn), "ipsec%u_1", t->index + 1);
    snprintf(t->child_name, sizeof(t->child_name), "child_%s", t->conn);
    t->fault = d->fault == F_NONE ? draw(r, plan, false) : F_NONE;
    version_of(t, plan);
    addresses_of(t, number, plan);
    if (t->fault == F_STRANGER) {
        snprintf(t->name, sizeof(t->name), "unknown:%s", t->peer);
        snprintf(t->conn, sizeof(t->conn), "-");
        snprintf(t->child_name, sizeof(t->child_name), "-");
    }
    t->dpd_s = sim_random_of(r, 0, 1) ? 30 : 20;
    t->child_rekey_s = t->fault == F_PFS || t->fault == F_PFS_R ? 700 : sim_random_of(r, 1500, 3600);
    t->ike_rekey_s =
        t->fault == F_IKE_REKEY || t->fault == F_IKE_REKEY_R ? 1200 : sim_random_of(r, 4000, 14400);
    t->reqid = t->index + 1;
}

int sim_device_init(
    struct sim_device *d, const struct sim_plan *plan, uint32_t number, struct sim_lines *lines)
{
    *d = (struct sim_device){.tunnels = plan->tunnels,
        .began_ms = plan->began_ms,
        .ends_ms = plan->ends_ms,
        .now_ms = plan->began_ms,
        .tries = 3,
        .lines = lines,
        .fault = F_NONE,
        .random = {plan->seed * SEED_STEP + number}};
    d->tunnel = calloc(plan->tunnels, sizeof(*d->tunnel));
    if (!d->tunnel)
        return ERR_NOMEM;
    snprintf(d->name, sizeof(d->name), "vedge%04u", number + 1);
    snprintf(d->system_ip, sizeof(d->system_ip), "4.0.%u.%u", number / 250, number % 250 + 1);
    d->retransmit_ms = sim_random_of(&d->random, 0, 1) ? 10000 : 4000;
    d->suffix = sim_random_of(&d->random, 0, 2) == 0;
    d->fault = draw(&d->random, plan, true);
    for (uint32_t i = 0; i < d->tunnels; i++)
        tunnel_init(&d->tunnel[i], d, number, plan);
    return 0;
}

void sim_load(struct sim_tunnel *t, int64_t after_ms)
{
    if (t->fault != F_STRANGER && t->fault != F_NOT_LOADED) {
        struct sim_job j = sim_job_on(t, NULL);
        sim_say(&j, "CFG", "added vici connection: %s", t->conn);
    }
    sim_arm(t, sim_faults[t->fault].role == 'r' ? TM_PEER_INIT : TM_START, after_ms);
    if (t->fault == F_BOTH)
        sim_arm(t, TM_PEER_INIT, after_ms);
}

static void begin(struct sim_device *d)
{
    int64_t span = d->ends_ms - d->began_ms;
    sim_say_device(d, 0, "DMN", "Starting IKE charon daemon (strongSwan 5.9.8, Linux 4.9.57, x86_64)");
    sim_say_device(d, 0, "JOB", "spawning 16 worker threads");
    for (uint32_t i = 0; i < d->tunnels; i++) {
        struct sim_tunnel *t = &d->tunnel[i];
        const struct sim_fault *f = &sim_faults[t->fault];
        sim_load(t, 200 + sim_random_of(&d->random, 0, 8000));
        if (f->when == LATER || f->when == BENIGN_LATER)
            sim_arm(t, TM_FAULT, span / 10 + MINUTE_MS + sim_random_of(&d->random, 0, (uint32_t)(span / 8)));
    }
    if (d->fault != F_NONE)
        sim_arm(&d->tunnel[0], TM_FAULT, span / 10 + MINUTE_MS);
    if (d->noise_per_hour)
        sim_arm(&d->tunnel[0], TM_NOISE, 1000);
}

int sim_device_run(struct sim_device *d)
{
    begin(d);
    while (d->heaped && !d->error && !d->lines->error) {
        const struct sim_event e = pop(d);
        struct sim_tunnel *t = &d->tunnel[e.tunnel];
        if (e.at_ms > d->ends_ms)
            break;
        d->now_ms = e.at_ms;
        if (t->token[e.timer] == e.token)
            (handlers[e.timer] ? handlers[e.timer] : t->ike->timer[e.timer])(t);
    }
    return d->error ? d->error : d->lines->error;
}

void sim_device_free(struct sim_device *d)
{
    for (uint32_t i = 0; d->tunnel && i < d->tunnels; i++) {
        free(d->tunnel[i].incident);
        free(d->tunnel[i].transition);
    }
    free(d->tunnel);
    free(d->heap);
}
