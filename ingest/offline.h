/*
 * offline.h — log files through the engine without Kafka and database: what analyze and explain --why share.
 *
 * Memory  everything hangs on the struct offline; rows and texts live until offline_free().
 * Threads none inside.
 */
#ifndef IKEWATCH_INGEST_OFFLINE_H
#define IKEWATCH_INGEST_OFFLINE_H

#include "ingest/analyze_input.h"
#include "ingest/zone.h"

struct offline_options {
    const char *inventory_file, *catalogue_dir, *zone; /* NULL: none */
    int16_t year;                                      /* 0: by the file's time */
    bool as_arrived;                                   /* in file order, not by stamp */
    int64_t flap_window_ms, stay_down_after_ms;
    classify_decided_fn decided; /* NULL: none */
    void *decided_ctx;
    classify_bound_fn bound; /* NULL: none */
    void *bound_ctx;
};

struct offline {
    struct analyze_input in;
    struct catalogue *catalogue;
    struct inventory *inventory;
    struct zone_set zones;
    struct analysis analysis; /* settled by offline_classify() */
};

/* Reads the files, and what is known beside them. @return 0, or an error that was said; offline_free() in any
 * case */
int offline_read(struct offline *o, const struct offline_options *options, char *const *names, size_t count);

/* Feeds all their lines, once. @return 0, or an error that was said */
int offline_classify(struct offline *o, const struct offline_options *options);
void offline_free(struct offline *o);

#endif
