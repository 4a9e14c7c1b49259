/*
 * record.h — what comes in: one Kafka record, or one line of a file.
 */
#ifndef IKEWATCH_CLASSIFY_RECORD_H
#define IKEWATCH_CLASSIFY_RECORD_H

#include "classify/base/span.h"

struct record {
    struct span value;  /* an envelope or a raw syslog line; ptr NULL: a tombstone */
    struct span key;    /* names the device when the envelope does not; ptr NULL: none */
    int64_t time_ms;    /* Kafka's timestamp; of a file its modification time; ms since the epoch, UTC */
    int64_t offset;     /* in its partition; of a file its line number minus 1 */
    const void *origin; /* for whoever made it, never looked at here; NULL: none */
};

/* Why a record cannot be read. DEAD(symbol, text stored as dead_letter.reason, the rule it breaks, what is
 * wrong and the remedy) */
#define DEAD_REASONS(DEAD)                                                                                   \
    DEAD(DEAD_EMPTY, "empty", "message >= 1 byte", "the record has no value; check the producer")            \
    DEAD(DEAD_TOO_LONG, "too-long", "value <= 65536 bytes",                                                  \
        "longer than 64 KiB; no syslog line is, check the producer's framing")                               \
    DEAD(DEAD_BAD_JSON, "bad-json", "RFC 8259",                                                              \
        "starts like JSON but is none; send {\"host\": NAME, \"message\": LINE}")                            \
    DEAD(DEAD_NO_MESSAGE, "no-message", "one of message msg log MESSAGE rawmsg",                             \
        "JSON without a message member known to ikewatch; see README, Envelopes")                            \
    DEAD(DEAD_NOT_SYSLOG, "not-syslog", "RFC 3164 or RFC 5424",                                              \
        "no RFC 3164 or RFC 5424 header and no program name can be read from it")                            \
    DEAD(DEAD_BAD_STAMP, "bad-stamp", "date of the calendar",                                                \
        "the date does not exist; check the device's clock and the forwarder's template")                    \
    DEAD(DEAD_NO_DEVICE, "no-device", "host in envelope or key or line",                                     \
        "neither envelope, key nor line names a host; key records by device")                                \
    DEAD(DEAD_NO_ROOM, "no-room", "classify.max_devices",                                                    \
        "more devices than classify.max_devices; raise it or check for forged host names")                   \
    DEAD(DEAD_REFUSED, "refused-by-database", "SQLSTATE", "the database refused a row that comes of it")

enum dead_reason {
    RECORD_READ = 0,
#define DEAD(symbol, text, rule, detail) symbol,
    DEAD_REASONS(DEAD)
#undef DEAD
        DEAD_COUNT
};

/* All constant; "" for RECORD_READ. */
const char *dead_reason_text(enum dead_reason reason);
const char *dead_reason_rule(enum dead_reason reason);
const char *dead_reason_detail(enum dead_reason reason);

/* By its text. @return RECORD_READ: none of these */
enum dead_reason dead_reason_named(struct span text);

#endif
