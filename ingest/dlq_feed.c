#include "ingest/dlq_feed.h"

#include "classify/base/log.h"
#include "ingest/dlq_send.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    BATCH = 500,
    LOOK_MS = 2000,
    AGAIN_MS = 5000, /* after a failure, and before the lead is asked for again */
    NO_TOPIC_MS = 30000,
    CONNECT_MS = 3000
};

struct dlq_feed {
    const struct ingest_options *options;
    char topic[DLQ_TOPIC_BYTES];
    struct pg *pg;
    bool leading;
    struct dlq_sender *sender;
    bool topic_made, failure_said;
    struct dead_letters letters;
    struct mailbox mailbox;
    atomic_bool stopping;
    pthread_t thread;
};

static void disconnect(struct dlq_feed *f)
{
    pg_close(f->pg);
    f->pg = NULL;
    f->leading = false; /* the lock went with the session */
}

static int connect_database(struct dlq_feed *f)
{
    const struct pg_options options = {.uri = f->options->database_uri,
        .application = "ikewatch ingest dead letters",
        .connect_timeout_ms = CONNECT_MS,
        .statement_timeout_ms = f->options->database_timeout_ms,
        .answer_timeout_ms = f->options->database_timeout_ms + CONNECT_MS,
        .ingest = true};
    int rc = f->pg ? 0 : pg_open(&options, &f->pg);
    if (rc == 0 && !f->leading)
        rc = dlq_store_lead(f->pg, f->options->group, f->options->topic);
    f->leading = rc == 0;
    return rc;
}

static int64_t say_failure(struct dlq_feed *f, const char *why, int64_t wait_ms)
{
    if (!f->failure_said && !atomic_load(&f->stopping))
        log_warn("dlq.failed", "topic=%s reason=%s remedy=%s", log_quote(f->topic), log_quote(why),
            log_quote(
                "dead letters wait in the database and are sent later; create the topic, allow writing to "
                "it, or set ingest.dlq = no"));
    f->failure_said = true;
    return wait_ms;
}

static int make_topic(struct dlq_feed *f, char *why, size_t cap)
{
    const struct dlq_route route = {.brokers = f->options->brokers,
        .topic = f->options->topic,
        .group = f->options->group,
        .properties = f->options->kafka_properties,
        .headers = f->options->dlq_headers};
    int rc = f->sender ? 0 : dlq_sender_open(&route, &f->sender);
    if (rc || f->topic_made)
        return rc;
    rc = producer_make_topic(dlq_sender_producer(f->sender), why, cap);
    f->topic_made = rc == 0;
    return rc;
}

static int mark(struct dlq_feed *f, const struct dlq_result *r)
{
    const char *group = f->options->group, *topic = f->options->topic;
    int rc = dlq_store_mark(f->pg, group, topic, DLQ_SENT, NULL, r->delivered, r->delivered_count);
    if (rc == 0)
        rc = dlq_store_mark(f->pg, group, topic, DLQ_NEVER, r->why, r->never, r->never_count);
    if (rc == 0)
        rc = dlq_store_prune(f->pg, group, topic, f->options->dead_letter_max);
    metrics_add(METRIC_DLQ_SENT, (int64_t)r->delivered_count);
    metrics_add(METRIC_DLQ_NEVER, (int64_t)r->never_count);
    return rc;
}

/* One look. @return how long until the next */
static int64_t step(struct dlq_feed *f)
{
    char why[DLQ_WHY_BYTES] = "";
    struct dlq_result result;
    int rc = connect_database(f);
    if (rc == 0)
        rc = dlq_store_unsent(f->pg, f->options->group, f->options->topic, BATCH, &f->letters);
    if (rc && rc != ERR_NOTFOUND)
        disconnect(f);
    if (rc)
        return AGAIN_MS;
    if (f->letters.count == 0)
        return LOOK_MS;
    rc = make_topic(f, why, sizeof(why));
    if (rc)
        return say_failure(f, *why ? why : err_text(rc), NO_TOPIC_MS);
    rc = dlq_sender_send(f->sender, &f->letters, &f->stopping, &result);
    if (rc)
        return say_failure(f, err_text(rc), AGAIN_MS);
    if (mark(f, &result)) {
        disconnect(f); /* they are sent once more */
        return AGAIN_MS;
    }
    if (result.failed)
        return say_failure(f, *result.why ? result.why : "no delivery report in time", AGAIN_MS);
    f->failure_said = false;
    return 0;
}

static void *run(void *arg)
{
    struct dlq_feed *f = arg;
    while (!atomic_load(&f->stopping)) {
        int64_t wait_ms = step(f);
        if (wait_ms && !atomic_load(&f->stopping))
            mailbox_idle(&f->mailbox, wait_ms);
    }
    dlq_sender_close(f->sender);
    disconnect(f);
    return NULL;
}

int dlq_feed_start(const struct ingest_options *options, struct dlq_feed **out)
{
    struct dlq_feed *f = calloc(1, sizeof(*f));
    *out = NULL;
    if (!f)
        return ERR_NOMEM;
    f->options = options;
    dlq_topic(options->topic, options->group, f->topic);
    if (dead_letters_init(&f->letters) == 0) {
        if (mailbox_init(&f->mailbox) == 0) {
            if (pthread_create(&f->thread, NULL, run, f) == 0) {
                *out = f;
                return 0;
            }
            mailbox_free(&f->mailbox);
        }
        dead_letters_free(&f->letters);
    }
    free(f);
    return ERR_NOMEM;
}

void dlq_feed_end(struct dlq_feed *f)
{
    if (!f)
        return;
    atomic_store(&f->stopping, true);
    mailbox_put(&f->mailbox, (struct command){COMMAND_STOP, 0});
}

void dlq_feed_free(struct dlq_feed *f)
{
    if (!f)
        return;
    pthread_join(f->thread, NULL);
    mailbox_free(&f->mailbox);
    dead_letters_free(&f->letters);
    free(f);
}
