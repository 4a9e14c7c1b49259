/*
 * line.h — step 2: a syslog line → device, program, stamp, message.
 *
 * Forms   RFC 3164, RFC 5424, each with or without <PRI>, a `daemon.info: ` prefix, ISO stamps, a body alone
 * when the envelope names program and time. charon's own head `TT[GRP]`, `<conn|uid>` is taken off here too
 * (messages.md 0.1). Memory  all spans point into the line.
 */
#ifndef IKEWATCH_CLASSIFY_LINE_H
#define IKEWATCH_CLASSIFY_LINE_H

#include "classify/envelope.h"
#include "classify/stamp.h"

enum line_program {
    LINE_OTHER,   /* some other program's */
    LINE_CHARON,  /* strongSwan's IKE daemon, by any of its names */
    LINE_VIPTELA, /* %Viptela-… or %Cisco-SDWAN-… of FTMD and its neighbours */
};

struct line {
    enum line_program program;
    struct span whole; /* as evidence quotes it */
    struct span host;  /* ptr NULL: none */
    struct stamp stamp;
    struct span text; /* charon: behind thread, group and prefix; Viptela: behind the tag's colon */
    /* charon only */
    int16_t thread;   /* -1: not printed */
    char group[4];    /* "IKE"; "" not printed */
    int64_t uid;      /* of the prefix, -1: none */
    struct span conn; /* of the prefix, ptr NULL: none */
    /* Viptela only */
    struct span tag_host, daemon; /* of %Viptela-HOST-DAEMON-6-INFO-1400002 */
};

/* @return RECORD_READ, DEAD_NOT_SYSLOG or DEAD_BAD_STAMP */
enum dead_reason line_read(const struct envelope *e, struct line *out);

#endif
