/*
 * analysis.h — the rows of an offline run in reading order: devices, their tunnels, what happened to them.
 *
 * In      everything that classify_collect() gave, in any number of batches, in one struct rows.
 * Out     lists of pointers into those rows: of each key only the latest version, tunnels that turned out to
 * be one joined. Memory  the lists are the analysis'; rows and their texts are as well, freed by
 * analysis_free(). Threads none inside.
 */
#ifndef IKEWATCH_INGEST_ANALYSIS_H
#define IKEWATCH_INGEST_ANALYSIS_H

#include "classify/classify.h"

#include <stdio.h>

/* Rows sorted by a 64-bit id first, so that an id's rows are a slice. */
struct analysis_list {
    void **at;
    size_t count;
    size_t id_offset;
};

struct analysis_slice {
    void **at;
    size_t count;
};

/* Which file a line number counts in. */
struct analysis_file {
    const char *name;
    int64_t first; /* number of its first line over all files */
};

struct analysis {
    struct rows rows;
    const struct catalogue *catalogue; /* NULL: causes have no texts */
    const struct inventory *inventory; /* NULL: no configuration is quoted */
    struct classify_counts counts;
    struct analysis_file *files; /* in reading order, the caller's */
    size_t file_count;
    int64_t ends_ms;         /* the latest line's time, TIME_NONE: no line had one */
    const struct zone *zone; /* times are shown in this zone to people, in UTC to programs; NULL: UTC */
    bool with_exchanges;

    struct analysis_list devices;     /* by name */
    struct analysis_list tunnels;     /* by device_id, name */
    struct analysis_list transitions; /* by tunnel_id, at */
    struct analysis_list incidents;   /* by tunnel_id, began */
    struct analysis_list evidence;    /* by incident_id, ordinal */
    struct analysis_list exchanges;   /* by tunnel_id (0: of no tunnel), device_id, requested */
    struct analysis_list all_tunnels; /* by tunnel_id, merged ones included */
};

/* Makes the lists from a->rows. @return 0 or ERR_NOMEM */
int analysis_settle(struct analysis *a);
void analysis_free(struct analysis *a);

struct analysis_slice analysis_slice(const struct analysis_list *list, uint64_t id);

/* The tunnel that this id stands for now, mergers followed; NULL: none. */
const struct row_tunnel *analysis_tunnel(const struct analysis *a, uint64_t tunnel_id);

/* What the catalogue says of a cause; NULL: nothing. */
const struct cause *analysis_cause(const struct analysis *a, struct span slug);

/* The file of a line number over all files, and the number in it. @return NULL when there is but one file */
const char *analysis_file_of(const struct analysis *a, int64_t number, int64_t *number_in_file);

/* "3", "2.3" of charon's second run. @return false and "" if the uid is not known (negative) */
enum { ANALYSIS_SA_MAX = 40 };
bool analysis_sa_text(int32_t daemon_run, int64_t ike_sa, char text[ANALYSIS_SA_MAX]);

struct analysis_exchange_counts {
    uint64_t total, answered, retransmitted, unanswered;
};
struct analysis_exchange_counts analysis_count_exchanges(struct analysis_slice exchanges);

/* The contract "ikewatch-analysis/1", to out. @return 0, ERR_NOMEM or ERR_IO */
int analysis_print_json(const struct analysis *a, FILE *out);

/* What a person reads: the verdict of each tunnel with its proof, worst first. */
struct analysis_style {
    bool colour;
    size_t width; /* columns */
};
int analysis_print_text(const struct analysis *a, const struct analysis_style *style, FILE *out);

#endif
