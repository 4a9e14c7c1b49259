/*
 * envelope.h — step 1: what a record's bytes wrap.
 *
 * In      a raw syslog line, or a JSON object: the canonical {"host": NAME, "message": LINE}, and what
 * rsyslog, Vector, Fluent Bit and Filebeat write (members: README, Envelopes). LINE is a whole syslog line or
 * only its body. Memory  spans point into the record or, where a JSON string had escapes, into the buffer
 * given.
 */
#ifndef IKEWATCH_CLASSIFY_ENVELOPE_H
#define IKEWATCH_CLASSIFY_ENVELOPE_H

#include "classify/record.h"

enum { RECORD_VALUE_MAX = 64 * 1024 };

struct envelope {
    struct span line; /* without trailing newline */
    struct span host; /* ptr NULL: not said */
    struct span
        program; /* of a body without header: Fluent Bit's ident, Vector's appname; ptr NULL: not said */
    struct span stamp; /* the envelope's own time as text; ptr NULL: not said */
};

/* @param buf  RECORD_VALUE_MAX bytes for unescaped strings. @return RECORD_READ or why not */
enum dead_reason envelope_open(struct span value, char *buf, struct envelope *out);

#endif
