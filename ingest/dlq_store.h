/*
 * dlq_store.h — the dead letters that PostgreSQL keeps, for the feed and for `ikewatch dlq`.
 *
 * Threads one connection, one thread.
 */
#ifndef IKEWATCH_INGEST_DLQ_STORE_H
#define IKEWATCH_INGEST_DLQ_STORE_H

#include "classify/base/arena.h"
#include "schema/pg.h"

struct dead_letter {
    int32_t partition;
    int64_t offset;
    struct span reason, detail;
    int64_t time_ms;                              /* of the record; INT64_MIN: it had none */
    struct span key, value;                       /* as kept; ptr NULL: null */
    struct span headers;                          /* packed, as of headers.h; ptr NULL: it had none */
    bool cut;                                     /* there is more of them in Kafka */
    struct span time, sent, replayed, send_error; /* of dlq_store_list(): texts, ptr NULL: none */
};

/* Which ones; zero is all. */
struct dlq_filter {
    const char *group, *topic;
    const char *reason;             /* NULL: any */
    int64_t partition, first, last; /* -1: any */
    uint64_t max;
    bool again; /* those that were replayed too */
};

struct dead_letters {
    struct arena *arena; /* their bytes */
    struct dead_letter *list;
    size_t count, cap;
};

/* @return 0 or ERR_NOMEM */
int dead_letters_init(struct dead_letters *d);
void dead_letters_free(struct dead_letters *d);

/* @return 0: yes, this session feeds the topic from now on; ERR_NOTFOUND: another does; an error */
int dlq_store_lead(struct pg *pg, const char *group, const char *topic);

/* The first `max` that were not sent, in order; replaces what is in *out. @return 0 or an error */
int dlq_store_unsent(
    struct pg *pg, const char *group, const char *topic, uint64_t max, struct dead_letters *out);

/* The same for what the filter chooses. */
int dlq_store_list(struct pg *pg, const struct dlq_filter *filter, struct dead_letters *out);

/* What became of some of them. */
enum dlq_fate { DLQ_SENT, DLQ_NEVER, DLQ_REPLAYED };

/* @param why  of DLQ_NEVER */
int dlq_store_mark(struct pg *pg, const char *group, const char *topic, enum dlq_fate fate, const char *why,
    const struct dead_letter *const *letters, size_t count);

/* Makes room of what was sent. @param max  kept a partition */
int dlq_store_prune(struct pg *pg, const char *group, const char *topic, uint64_t max);

typedef void (*dlq_count_fn)(void *ctx, struct span reason, struct span count, struct span kept);
int dlq_store_counts(struct pg *pg, const char *group, const char *topic, dlq_count_fn fn, void *ctx);

#endif
