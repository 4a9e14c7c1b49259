/*
 * fleet.h — the model: a device, its tunnels, what each IKE peer believes, and the queue of what happens
 * next.
 *
 * In      options and a seed. Out  lines, through line.h, and what is true about them (truth.h).
 * The two ends are modelled, not read: nothing of classify/ is used, so that a wrong idea there is not
 * repeated here. Time    *_ms is true time, ms since the epoch, UTC; the device's clock differs from it by
 * skew_ms. Source  RFC 7296 1.2, 1.3, 1.4, 2.1, 2.8; strongSwan 5.9.8 src/libcharon/sa/ikev2/.
 */
#ifndef IKEWATCH_SIMULATE_FLEET_H
#define IKEWATCH_SIMULATE_FLEET_H

#include "ingest/simulate/random.h"

#include <stdbool.h>
#include <stddef.h>

enum { SIM_HALF_OPEN_MAX = 5 }; /* charon.block_threshold */
enum sim_when { START, LATER, DEVICE, BENIGN_START, BENIGN_LATER };
enum sim_versions { V1 = 1, V2 = 2, ANY = 3 };
enum sim_fault_id {
#define FAULT(symbol, name, cause, also, role, when, versions) symbol,
#include "ingest/simulate/fault.def"
#undef FAULT
    FAULT_COUNT
};
struct sim_fault {
    const char *name, *cause, *also;
    char role;
    enum sim_when when;
    enum sim_versions versions;
};
extern const struct sim_fault sim_faults[FAULT_COUNT];

enum sim_request {
    RQ_NONE,
    RQ_INIT,
    RQ_AUTH,
    RQ_DPD,
    RQ_CHILD,       /* a new CHILD_SA on a living IKE_SA */
    RQ_CHILD_REKEY, /* … in place of the old one */
    RQ_CHILD_DELETE,
    RQ_IKE_REKEY,
    RQ_IKE_DELETE,
    RQ_MAIN_SA, /* IKEv1: the three of main mode, the one of aggressive mode, quick mode */
    RQ_MAIN_KE,
    RQ_MAIN_ID,
    RQ_AGGRESSIVE,
    RQ_QUICK,
    RQ_QUICK_REKEY
};
/* Timers of a tunnel; setting one again cancels its predecessor. */
enum sim_timer {
    TM_START,
    TM_DPD,
    TM_RETRANSMIT,
    TM_ANSWER,
    TM_CHILD_REKEY,
    TM_CHILD_HARD,
    TM_IKE_REKEY,
    TM_IKE_HARD,
    TM_PEER_INIT,
    TM_PEER_AUTH,
    TM_PEER_CHILD_REKEY,
    TM_PEER_CHILD_DELETE,
    TM_PEER_IKE_REKEY,
    TM_HALF_OPEN,
    TM_KEEP_ALIVE,
    TM_FAULT,
    TM_FAULT_ENDS,
    TM_NOISE,
    TM_DPD_ANSWER, /* IKEv1: liveness is no exchange, and what was replaced lives on for a while */
    TM_DPD_LIMIT,
    TM_OLD_CHILD,
    TM_OLD_IKE,
    TM_COUNT
};

struct sim_sa {
    uint32_t uid, epoch; /* epoch: how often charon was started before */
    uint32_t mid_out, mid_in;
    bool established;
    uint32_t child, spi_in, spi_out; /* child 0: none */
    uint32_t seq;                    /* IKEv1: requests sent, as its retransmissions count them */
};

struct sim_incident {
    const char *cause, *also, *blocker, *blocker_also;
    bool never_up;
    int64_t began_ms, ended_ms; /* ended 0: open */
    int64_t onset_earliest_ms, onset_latest_ms;
};
struct sim_transition {
    int64_t at_ms;
    bool up;
};

struct sim_device;
struct sim_tunnel;
struct sim_job;

/* What IKEv1 and IKEv2 do each in its own way. */
struct sim_ike {
    void (*timer[TM_COUNT])(struct sim_tunnel *t);
    void (*initiate)(const struct sim_job *j);
    void (*child)(const struct sim_job *j); /* a CHILD_SA on a living IKE_SA */
    void (*close)(
        struct sim_tunnel *t, const struct sim_job *j, const char *cause); /* we delete the IKE_SA */
    void (*say_close)(const struct sim_job *j);
    void (*child_delete)(const struct sim_job *j); /* our DELETE of the CHILD_SA that expired */
    void (*peer_delete)(struct sim_tunnel *t, const char *cause, const char *also);
};
extern const struct sim_ike sim_ikev1, sim_ikev2;

enum sim_step { STEP_KE, STEP_ID, STEP_QUICK, STEP_QUICK_LAST, STEP_COUNT }; /* of a peer that speaks IKEv1 */

struct sim_tunnel {
    struct sim_device *device;
    const struct sim_ike *ike;
    bool aggressive, ipv6;
    uint32_t index;
    char name[56], conn[24], child_name[32];
    char local[40], peer[40], peer_id[40];
    uint32_t dpd_s, child_rekey_s, ike_rekey_s, port;
    enum sim_fault_id fault;
    struct sim_sa sa, next; /* next: of a rekeying in flight, or the peer's attempt beside a living SA */
    uint32_t reqid;

    bool path_down, blocked; /* blocked: nobody starts it */
    bool corrupt;            /* what the peer answers cannot be read */
    bool misread;            /* IKEv1: neither can what it answers to this phase 1, its key is another one */
    uint32_t duplicates;     /* of its IKE_SA, that the peer has yet to build */
    uint32_t half_open[SIM_HALF_OPEN_MAX], half_opened;
    enum sim_request asked; /* what waits for an answer */
    uint32_t asked_mid, asked_child, attempt;
    uint32_t asked_bytes, init_tries;
    int64_t asked_ms, heard_ms;
    struct sim_sa old; /* IKEv1: what was replaced, of it the IKE_SA or the CHILD_SA */
    enum sim_step step;
    int64_t probed_ms;   /* IKEv1: the first probe that is not answered yet; 0: none */
    const char *closing; /* the cause of a DELETE in flight, NULL: of a rekeying */

    bool up, ever_up;
    struct sim_incident *incident;
    struct sim_transition *transition;
    size_t incidents, incidents_cap, transitions, transitions_cap;
    uint32_t token[TM_COUNT];
};

struct sim_event {
    int64_t at_ms;
    uint64_t order;
    uint32_t tunnel, timer, token;
};

struct sim_lines;
struct sim_device {
    char name[32], system_ip[24];
    struct sim_tunnel *tunnel;
    uint32_t tunnels;
    struct sim_random random;
    int64_t now_ms, ends_ms, began_ms, skew_ms;
    uint32_t last_uid, epoch, last_child, last_thread;
    uint32_t retransmit_ms, tries;
    uint32_t noise_per_hour; /* lines of other programs */
    bool suffix;             /* Viptela's (tries=…) after a retransmit */
    enum sim_fault_id fault; /* of the whole device, or F_NONE */
    const char *excuse; /* what the device said of itself last that a loss may be put down to, and when */
    int64_t excuse_ms;
    struct sim_event *heap;
    size_t heaped, heap_cap;
    uint64_t ordered;
    struct sim_lines *lines;
    int error;
};

struct sim_plan {
    uint32_t tunnels;
    int64_t began_ms, ends_ms;
    uint64_t seed;
    double ikev1, ipv6;       /* share of the tunnels */
    double rate[FAULT_COUNT]; /* share of the tunnels (of the devices, for DEVICE) */
};

/* One device from its first line to its last. @return 0; ERR_NOMEM, or what the lines' sink said */
int sim_device_init(
    struct sim_device *d, const struct sim_plan *plan, uint32_t number, struct sim_lines *lines);
int sim_device_run(struct sim_device *d);
void sim_device_free(struct sim_device *d);

void sim_arm(struct sim_tunnel *t, enum sim_timer timer, int64_t after_ms);
void sim_disarm(struct sim_tunnel *t, enum sim_timer timer);
void sim_quiet(struct sim_tunnel *t); /* disarm all that belongs to an IKE_SA */

/* charon learns of the tunnel; whoever initiates it does so after_ms later. */
void sim_load(struct sim_tunnel *t, int64_t after_ms);

/* What FTMD says, and the truth of it. */
void sim_up(struct sim_tunnel *t);
void sim_down(struct sim_tunnel *t, const char *cause, const char *also);
const char *sim_also(const struct sim_tunnel *t); /* causes that the log cannot tell from the fault's */
void sim_attempted(struct sim_tunnel *t);         /* a first attempt of a tunnel that will never come up */

#endif
