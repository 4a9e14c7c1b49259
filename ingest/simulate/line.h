/*
 * line.h — renders the lines of a device's charon and FTMD, each with what is true about it.
 */
#ifndef IKEWATCH_SIMULATE_LINE_H
#define IKEWATCH_SIMULATE_LINE_H

#include "ingest/simulate/fleet.h"

/* What one worker thread does from start to finish. */
struct sim_job {
    struct sim_tunnel *t;
    const struct sim_sa *sa; /* NULL: the line belongs to no IKE_SA yet */
    uint32_t thread;
    bool named; /* the connection is known, for `<conn|uid>` */
};

struct sim_job sim_job_on(struct sim_tunnel *t, const struct sim_sa *sa);

/* One line of charon: `TT[GRP] text`. sim_say0: of level 0, which an audit logger may print again. */
void sim_say(const struct sim_job *j, const char *group, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sim_say0(const struct sim_job *j, const char *group, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of a device as a whole. */
void sim_say_device(struct sim_device *d, uint32_t thread, const char *group, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* FTMD's pair about an interface. */
void sim_say_ftmd(struct sim_tunnel *t, const char *state);
void sim_say_admin(struct sim_tunnel *t, const char *state);
/* A notification of Viptela's about the device: its name, and its fields after the system-ip. */
void sim_say_notice(struct sim_device *d, const char *name, const char *severity, const char *fields);
/* A line of another program. */
void sim_say_noise(struct sim_device *d, uint32_t number);

/* `sending packet` and `received packet`. */
void sim_say_sent(const struct sim_job *j, uint32_t bytes);
void sim_say_got(const struct sim_job *j, uint32_t bytes);

#endif
