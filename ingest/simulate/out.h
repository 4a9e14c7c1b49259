/*
 * out.h — the way of a line: header forms, envelopes, what a network does to it, files or Kafka.
 *
 * Each line arrives up to `reorder_ms` after it was written, none before an earlier one of its thread; lines
 * are held until no other can arrive before them.
 */
#ifndef IKEWATCH_SIMULATE_OUT_H
#define IKEWATCH_SIMULATE_OUT_H

#include "classify/base/span.h"
#include "ingest/producer.h"
#include "ingest/simulate/fleet.h"

#include <stdio.h>

enum sim_form { FORM_BSD, FORM_RFC5424, FORM_ISO, FORM_PRI, FORM_FACILITY, FORM_COUNT };
enum sim_envelope { WRAP_RAW, WRAP_JSON, WRAP_VECTOR, WRAP_RSYSLOG, WRAP_FLUENT, WRAP_FILEBEAT, WRAP_COUNT };

struct sim_way {
    enum sim_form form;
    enum sim_envelope envelope;
    bool prefix, doubled;
    double loss, duplicate;
    int64_t reorder_ms; /* 0: as written */
};

struct sim_held {
    size_t text, len;
    uint32_t lane; /* lines of one lane keep their order */
    uint32_t tunnel, uid, epoch;
    int64_t at_ms, arrives_ms; /* of the device's own clock */
};

enum { SIM_LANES = 128 };

struct sim_lines {
    struct sim_way way;
    struct sim_random random; /* of its own: what the network does must not change what happens */
    const char *host;
    FILE *messages, *attribution; /* NULL: not wanted */
    struct producer *producer;    /* NULL: none */
    const struct sim_tunnel *tunnels;
    uint64_t written;
    int64_t second;
    int64_t skew_ms; /* of the device's clock: who collects the lines has the right time */
    char *bytes;
    size_t used, bytes_cap;
    struct sim_held *held;
    size_t count, held_cap;
    int64_t lane_ms[SIM_LANES]; /* when the latest line of a lane arrives */
    int error;
};

enum { SIM_NO_TUNNEL = UINT32_MAX, LANE_FTMD = 100, LANE_OTHER = 101 };

/* @param at_ms  of the device's own clock */
void sim_line_out(
    struct sim_lines *l, int64_t at_ms, const char *program, struct span text, const struct sim_held *about);
int sim_lines_flush(struct sim_lines *l);
void sim_lines_free(struct sim_lines *l);

#endif
