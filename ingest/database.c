#include "ingest/database.h"

#include "classify/base/log.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"
#include "schema/migrate.h"

#include <stdio.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    BACKOFF_DOUBLINGS = 6,
    CONNECT_MS = 3000,     /* bounds how long a revocation waits for a worker that is connecting */
    ANSWER_EXTRA_MS = 2000 /* the server's own time-out comes first */
};

int database_init(struct database *d, const struct ingest_options *options, unsigned worker)
{
    *d = (struct database){
        .options = options, .worker = worker, .jitter = (uint64_t)mailbox_now_ms() + worker};
    d->days = known_days_new(options->retention_ms);
    return d->days ? 0 : ERR_NOMEM;
}

void database_close(struct database *d)
{
    pg_close(d->pg);
    d->pg = NULL;
    known_days_free(d->days);
    d->days = NULL;
}

int64_t database_jitter(struct database *d, int64_t ms)
{
    d->jitter = hash_mix(d->jitter, (uint64_t)mailbox_now_ms());
    return ms / 2 + (int64_t)(d->jitter % (uint64_t)(ms / 2 + 1));
}

void database_answered(struct database *d)
{
    d->failures = 0;
    d->reason[0] = '\0';
}

void database_renew(struct database *d)
{
    pg_close(d->pg);
    d->pg = NULL;
}

void database_hold(struct database *d)
{
    if (d->pg)
        pg_why(d->pg, d->reason, sizeof(d->reason));
    unsigned doublings = d->failures < BACKOFF_DOUBLINGS ? d->failures : BACKOFF_DOUBLINGS;
    int64_t ms = (int64_t)BACKOFF_FIRST_MS << doublings;
    d->failures++;
    d->retry_at_ms = mailbox_now_ms() + database_jitter(d, ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS);
}

void database_lost(struct database *d)
{
    database_hold(d);
    if (d->pg)
        log_warn("ingest.database_away", "worker=%u reason=%s detail=%s", d->worker, log_quote(d->reason),
            log_quote("the partitions wait, Kafka keeps what comes; trying on"));
    database_renew(d);
    metrics_add(METRIC_DB_LOST, 1);
}

static int connect_and_check(struct database *d)
{
    char name[48];
    snprintf(name, sizeof(name), "ikewatch ingest worker %u", d->worker);
    const struct pg_options options = {.uri = d->options->database_uri,
        .application = name,
        .connect_timeout_ms = CONNECT_MS,
        .statement_timeout_ms = d->options->database_timeout_ms,
        .answer_timeout_ms = d->options->database_timeout_ms + ANSWER_EXTRA_MS,
        .ingest = true,
        .error = d->reason,
        .error_cap = sizeof(d->reason)};
    int rc = pg_open(&options, &d->pg);
    if (rc == 0)
        rc = migrate_check(d->pg);
    if (rc == 0)
        rc = rollup_flap_window(d->pg, d->options->flap_window_ms);
    return rc;
}

int database_open(struct database *d)
{
    if (d->pg)
        return 0;
    if (mailbox_now_ms() < d->retry_at_ms)
        return ERR_DBCONN;
    int rc = connect_and_check(d);
    if (rc) {
        database_hold(d);
        database_renew(d);
        return rc;
    }
    log_info("ingest.database", "worker=%u backend=%d", d->worker, pg_backend_pid(d->pg));
    d->retry_at_ms = 0;
    return 0;
}

int database_store(struct database *d, struct partition *p)
{
    int64_t began_ms = mailbox_now_ms();
    int rc = flush_prepare(d->pg, d->days, &p->flush);
    if (rc == 0)
        rc = flush_commit(d->pg, d->days, &p->flush);
    if (rc)
        return rc;
    metrics_add(METRIC_FLUSH_MS, mailbox_now_ms() - began_ms);
    partition_committed(p);
    return 0;
}
