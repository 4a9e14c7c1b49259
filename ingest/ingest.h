/*
 * ingest.h — the room's door: Kafka partitions in, committed rows out.
 *
 * ingest_start() opens the consumer, starts the workers with a handshake and returns; ingest_stop() drains,
 * flushes, releases the claims and leaves the group.
 */
#ifndef IKEWATCH_INGEST_INGEST_H
#define IKEWATCH_INGEST_INGEST_H

#include "classify/base/settings.h"

enum { ON_GAP_CONTINUE, ON_GAP_STOP };
enum { DLQ_HEADERS_DLQ, DLQ_HEADERS_CONNECT, DLQ_HEADERS_BOTH };

struct ingest_options {                               /* filled by ingest/settings.def */
    char *brokers, *topic, *group, *kafka_properties; /* -b -t -G -X */
    char *database_uri;                               /* -d */
    char *state_dir, *catalogue_dir, *inventory_file, *zone;
    uint64_t workers;
    uint64_t memory_bytes, batch_max_records, checkpoint_max_bytes, max_devices;
    uint64_t dead_letter_max;
    bool dlq;
    int64_t database_timeout_ms;
    int64_t batch_max_ms, retention_ms, flap_window_ms, stay_down_after_ms, rebuild_window_ms;
    int on_gap;      /* ON_GAP_CONTINUE, … */
    int dlq_headers; /* DLQ_HEADERS_DLQ, … */
};

extern struct ingest_options ingest_options;
extern const struct settings_table ingest_settings;

struct ingest; /* opaque */

/* @return 0 and *out, or an error said on the log. @thread main */
int ingest_start(const struct ingest_options *options, struct ingest **out);

/* Read catalogue, inventory and zones again; they take effect at each partition's next flush, or not at all
 * when one has a mistake, which is said. @thread main */
void ingest_reload(struct ingest *in);

/* First call drains and commits; a second one, from a signal, ends at once. @thread main */
void ingest_stop(struct ingest *in);
void ingest_abort(struct ingest *in);

/* Did a worker stop for a reason that needs a person (ERR_SCHEMA, ERR_DB)? Then main ends with a failure. */
bool ingest_failed(const struct ingest *in);

/* Ready, or why not, in words for /readyz: the reasons joined by "; ". @thread any */
bool ingest_ready(const struct ingest *in, char *reason, size_t cap);

/* Verbs of this room, called by main.c's table; `ingest`, which also needs the operations listener, is there
 * itself. They return an exit status, or an error code that was said already. */
int verb_leave(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_analyze(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_catalog(int argc, char **argv);
int verb_inventory(int argc, char **argv);
int verb_dlq(int argc, char **argv);

extern const struct settings_table analyze_settings;

#endif
