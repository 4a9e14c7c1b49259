#include "ingest/settle.h"

#include "classify/base/log.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"

#include <stdio.h>

enum {
    RECLAIM_MS = 1000,
    PARKED_MS = 60000,   /* a person may have freed the disk or granted the right meanwhile */
    UNREADY_FAILURES = 3 /* a deadlock or two are no reason to say so */
};

static void park(struct settle *s, struct partition *p)
{
    log_error("ingest.parked", "topic=%s partition=%d position=%lld sqlstate=%s detail=%s remedy=%s",
        log_quote(p->key.topic), (int)p->key.partition, (long long)p->position, pg_sqlstate(s->db->pg),
        log_quote(pg_error(s->db->pg)),
        log_quote("the database refuses what this partition writes; nothing is lost, it is tried again every "
                  "minute"));
    consumer_pause(s->consumer, p->key.partition);
    partition_drop(p);
    poison_reset(&p->poison);
    pg_why(s->db->pg, s->parked_reason, sizeof(s->parked_reason));
    p->state = PARTITION_PARKED;
    p->wait_until_ms = mailbox_now_ms() + PARKED_MS;
    metrics_add(METRIC_PARKED, 1);
}

static void give_up_claim(struct settle *s, struct partition *p)
{
    log_warn("ingest.fenced", "topic=%s partition=%d epoch=%lld detail=%s", log_quote(p->key.topic),
        (int)p->key.partition, (long long)p->epoch,
        log_quote("another process took it; its memory is dropped, and it is claimed again if Kafka leaves "
                  "it here"));
    metrics_add(METRIC_FENCED, 1);
    consumer_pause(s->consumer, p->key.partition);
    partition_drop(p);
    p->wait_until_ms = mailbox_now_ms() + database_jitter(s->db, 2 * RECLAIM_MS);
}

/* Read again from the position, fewer records at a time, until the one that is refused is alone. */
static void search(struct settle *s, struct partition *p)
{
    char why[POISON_DETAIL_BYTES];
    enum poison_verdict verdict =
        poison_refused(&p->poison, p->records, p->next - 1, pg_why(s->db->pg, why, sizeof(why)));
    if (verdict == POISON_HOPELESS) {
        park(s, p);
        return;
    }
    log_warn(verdict == POISON_FOUND ? "ingest.refused" : "ingest.search",
        "topic=%s partition=%d from=%lld to=%lld reason=%s detail=%s", log_quote(p->key.topic),
        (int)p->key.partition, (long long)p->position, (long long)p->next, log_quote(why),
        log_quote(verdict == POISON_FOUND
                      ? "this record becomes a dead letter"
                      : "the database refuses a row of these records; read again in halves"));
    consumer_pause(s->consumer, p->key.partition);
    partition_drop(p);
}

/* The one place that decides what an answer of the database means for a partition (style 3.1). */
void settle_answer(struct settle *s, struct partition *p, int rc)
{
    switch (rc) {
    case 0:
        break;
    case ERR_DBROW:
        search(s, p);
        break;
    case ERR_DBRETRY: /* nothing was written: the same rows again */
        metrics_add(METRIC_DB_RETRIES, 1);
        database_hold(s->db);
        break;
    case ERR_DBCONN: /* what was sent may have happened: the position is asked on the next connection */
        p->in_doubt = p->collected;
        database_lost(s->db);
        break;
    case ERR_FENCED:
        give_up_claim(s, p);
        break;
    default:
        park(s, p);
    }
}

bool settle_reason(const struct settle_state *s, char *out, size_t cap)
{
    if (s->failed)
        snprintf(out, cap, "the database's schema does not fit this program; see the log");
    else if (!s->connected)
        snprintf(out, cap, "no connection to the database%s%s", *s->database ? ": " : "", s->database);
    else if (s->parked)
        snprintf(out, cap,
            "%zu partition(s) stopped, tried again every minute; the database refuses their rows: %s",
            s->parked, s->refusal);
    else if (s->failures)
        snprintf(out, cap, "the database refuses for now, tried again: %s", s->database);
    else if (s->stopped)
        snprintf(out, cap,
            "%zu partition(s) stopped at a gap: Kafka no longer has the records that come next; see the log, "
            "and start with --on-gap=continue to go on",
            s->stopped);
    else if (s->waiting)
        snprintf(out, cap, "%zu partition(s) still to be claimed", s->waiting);
    else
        snprintf(out, cap, "%s", "");
    return s->connected && !s->parked && !s->stopped && s->failures < UNREADY_FAILURES;
}
