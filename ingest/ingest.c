#include "ingest/ingest.h"

#include "classify/base/log.h"
#include "ingest/consumer.h"
#include "ingest/dlq_feed.h"
#include "ingest/knowledge.h"
#include "ingest/mailbox.h"
#include "ingest/metrics.h"
#include "ingest/slot.h"
#include "ingest/worker.h"
#include "schema/pg.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LET_GO_MS = 8000, /* a revocation waits so long; less than the session's 10 s */
    STEP_MS = 100,
    STOP_MS = 4000,   /* a stop ends within 5 s, whatever does not answer */
    ANSWER_MS = 2500, /* so long of it the database may take */
};

struct ingest {
    struct ingest_options options;
    int slot; /* locked descriptor, -1: none */
    char member[SLOT_MEMBER_MAX];
    char owner[400];
    struct knowledge *knowledge; /* the newest first; older ones while a worker may use them */
    struct consumer *consumer;
    struct dlq_feed *feed; /* NULL: not wanted */
    struct worker **workers;
    size_t worker_count;
    /* which worker owns partition i, -1: none; the consumer's thread */
    int *owner_of;
    size_t *load; /* partitions per worker */
    size_t owner_cap;
    pthread_t thread;
    bool started;
    atomic_bool aborting, stored; /* stored: the workers have ended */
    _Atomic int64_t stop_by_ms;   /* monotonic */
    struct mailbox stop;          /* of one command, carried out when all has ended */
    pthread_t watcher;
    bool watched;
};

/* --- the consumer's handlers --- */

static int lightest(const struct ingest *in)
{
    size_t best = 0;
    for (size_t i = 1; i < in->worker_count; i++)
        if (in->load[i] < in->load[best])
            best = i;
    return (int)best;
}

static void make_room(struct ingest *in, size_t partitions)
{
    size_t cap = in->owner_cap ? in->owner_cap : 64;
    while (cap < partitions)
        cap *= 2;
    if (cap == in->owner_cap)
        return;
    int *grown = realloc(in->owner_of, cap * sizeof(*grown));
    if (!grown) {
        fputs("ikewatch: out of memory for the assignment\n", stderr);
        abort();
    }
    for (size_t i = in->owner_cap; i < cap; i++)
        grown[i] = -1;
    in->owner_of = grown;
    in->owner_cap = cap;
}

static struct consumer_queue *assigned(void *ctx, int32_t partition)
{
    struct ingest *in = ctx;
    make_room(in, (size_t)partition + 1);
    int w = lightest(in);
    in->owner_of[partition] = w;
    in->load[w]++;
    worker_assign(in->workers[w], partition);
    return worker_queue(in->workers[w]);
}

static struct worker *worker_of(const struct ingest *in, int32_t partition)
{
    if (partition < 0 || (size_t)partition >= in->owner_cap || in->owner_of[partition] < 0)
        return NULL;
    return in->workers[in->owner_of[partition]];
}

static void wait_for_workers(struct ingest *in)
{
    int64_t patience_ms = mailbox_now_ms() + LET_GO_MS;
    for (size_t i = 0; i < in->worker_count; i++) {
        bool done = false;
        while (!done && !atomic_load(&in->aborting) && mailbox_now_ms() < patience_ms &&
               mailbox_now_ms() < atomic_load(&in->stop_by_ms) - STEP_MS)
            done = worker_wait(in->workers[i], mailbox_now_ms() + STEP_MS);
        if (!done)
            log_warn("ingest.let_go", "worker=%zu detail=%s", i,
                log_quote("did not let go in time; the next owner's claim fences it off"));
    }
}

static void revoked(void *ctx, const int32_t *partitions, size_t count, bool lost)
{
    struct ingest *in = ctx;
    for (size_t i = 0; i < count; i++) {
        struct worker *w = worker_of(in, partitions[i]);
        if (!w)
            continue;
        worker_revoke(w, partitions[i], lost);
        in->load[in->owner_of[partitions[i]]]--;
        in->owner_of[partitions[i]] = -1;
    }
    wait_for_workers(in);
}

static void counted(void *ctx, int32_t partitions)
{
    struct ingest *in = ctx;
    worker_announce(in->workers[0], partitions);
}

static void strayed(void *ctx, int32_t partition)
{
    struct worker *w = worker_of(ctx, partition);
    if (w)
        worker_reread(w, partition);
}

static void *run(void *arg)
{
    struct ingest *in = arg;
    consumer_run(in->consumer);
    return NULL;
}

/* --- start and stop --- */

static int open_workers(struct ingest *in)
{
    in->workers = calloc(in->options.workers, sizeof(struct worker *));
    in->load = calloc(in->options.workers, sizeof(*in->load));
    if (!in->workers || !in->load)
        return ERR_NOMEM;
    for (uint64_t i = 0; i < in->options.workers; i++) {
        const struct worker_setup setup = {.options = &in->options,
            .knowledge = in->knowledge,
            .consumer = in->consumer,
            .owner = in->owner,
            .aborting = &in->aborting,
            .number = (unsigned)i};
        struct worker *w = worker_new(&setup);
        if (!w)
            return ERR_NOMEM;
        in->workers[in->worker_count++] = w;
        int rc = worker_start(w);
        if (rc)
            return rc;
    }
    return 0;
}

static int name_member(struct ingest *in)
{
    int number = 0;
    char host[HOST_NAME_MAX + 1] = "";
    in->slot = slot_take(in->options.state_dir, in->options.group, &number);
    if (in->slot < 0)
        return in->slot;
    gethostname(host, sizeof(host) - 1);
    slot_member(in->options.group, in->options.topic, number, in->member);
    snprintf(in->owner, sizeof(in->owner), "%s:%ld:%s", host, (long)getpid(), in->member);
    return 0;
}

static int start(struct ingest *in)
{
    const struct consumer_handlers handlers = {in, assigned, revoked, counted, strayed};
    int rc = name_member(in);
    if (rc == 0)
        rc = knowledge_load(&in->options, &in->knowledge);
    if (rc == 0)
        rc = consumer_open(&in->options, in->member, &handlers, &in->consumer);
    if (rc == 0)
        rc = open_workers(in);
    if (rc == 0 && in->options.dlq)
        rc = dlq_feed_start(&in->options, &in->feed);
    if (rc == 0 && pthread_create(&in->thread, NULL, run, in) != 0)
        rc = ERR_NOMEM;
    in->started = rc == 0;
    return rc;
}

/* All but this one, which is at the head; NULL: all. */
static void forget(struct ingest *in, struct knowledge *kept)
{
    struct knowledge *k = kept ? kept->next : in->knowledge;
    while (k) {
        struct knowledge *next = k->next;
        knowledge_free(k);
        k = next;
    }
    if (kept)
        kept->next = NULL;
    in->knowledge = kept;
}

void ingest_reload(struct ingest *in)
{
    struct knowledge *k;
    bool settled = true;
    for (size_t i = 0; i < in->worker_count; i++)
        settled = settled && worker_knows(in->workers[i]) == in->knowledge;
    if (settled)
        forget(in, in->knowledge);
    if (knowledge_load(&in->options, &k)) {
        log_error("ingest.reload", "detail=%s",
            log_quote(
                "the new catalogue or inventory has a mistake, named above; what was read before stays in "
                "force"));
        return;
    }
    if (k->hash == in->knowledge->hash) {
        log_info("ingest.reload", "detail=%s", log_quote("nothing has changed"));
        knowledge_free(k);
        return;
    }
    log_info("ingest.reload", "config=%016llx templates=%zu", (unsigned long long)k->hash,
        catalogue_template_count(k->catalogue));
    k->next = in->knowledge;
    in->knowledge = k;
    for (size_t i = 0; i < in->worker_count; i++)
        worker_know(in->workers[i], k);
}

int ingest_start(const struct ingest_options *options, struct ingest **out)
{
    struct ingest *in = calloc(1, sizeof(*in));
    *out = NULL;
    if (!in)
        return ERR_NOMEM;
    in->options = *options;
    setenv("TZ", ":/etc/localtime", 0); /* zone.c then only exchanges it, which no getenv() trips over */
    in->slot = -1;
    atomic_store(&in->stop_by_ms, INT64_MAX);
    if (mailbox_init(&in->stop)) {
        free(in);
        return ERR_NOMEM;
    }
    in->stop.put = 1;
    metrics_register();
    int rc = start(in);
    if (rc) {
        log_error("ingest.start", "detail=%s", log_quote(err_text(rc)));
        ingest_stop(in);
        return rc;
    }
    log_info("ingest.started", "member=%s topic=%s workers=%zu", log_quote(in->member),
        log_quote(options->topic), in->worker_count);
    *out = in;
    return 0;
}

/* A server that takes no bytes, or a Kafka client that does not come back: nothing is lost by not waiting. */
static void *watch(void *arg)
{
    struct ingest *in = arg;
    if (mailbox_wait(&in->stop, atomic_load(&in->stop_by_ms)))
        return NULL;
    bool stored = atomic_load(&in->stored);
    log_warn("ingest.stop_forced", "waiting_for=%s detail=%s", stored ? "kafka-client" : "workers",
        log_quote(stored ? "all is stored and released; ended without it"
                         : "ended without them; what is not committed is read again after the next start"));
    _exit(stored ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* The consumer first: leaving revokes every partition, and so the workers flush and release them. */
static void drain(struct ingest *in)
{
    atomic_store(&in->stop_by_ms, mailbox_now_ms() + STOP_MS);
    pg_end_by(mailbox_now_ms() + ANSWER_MS);
    in->watched = pthread_create(&in->watcher, NULL, watch, in) == 0;
    dlq_feed_end(in->feed);
    consumer_stop(in->consumer);
    pthread_join(in->thread, NULL);
}

void ingest_stop(struct ingest *in)
{
    if (!in)
        return;
    if (in->started)
        drain(in);
    for (size_t i = 0; i < in->worker_count; i++)
        worker_free(in->workers[i]);
    atomic_store(&in->stored, true);
    dlq_feed_free(in->feed);
    consumer_close(in->consumer);
    mailbox_done(&in->stop);
    if (in->watched)
        pthread_join(in->watcher, NULL);
    mailbox_free(&in->stop);
    forget(in, NULL);
    if (in->slot >= 0)
        close(in->slot);
    if (in->started)
        log_info("ingest.stopped", "member=%s", log_quote(in->member));
    free(in->workers);
    free(in->load);
    free(in->owner_of);
    free(in);
}

void ingest_abort(struct ingest *in)
{
    atomic_store(&in->aborting, true);
}

bool ingest_failed(const struct ingest *in)
{
    bool failed = consumer_state(in->consumer) == CONSUMER_FAILED;
    for (size_t i = 0; i < in->worker_count; i++)
        failed = failed || worker_failed(in->workers[i]);
    return failed;
}

static void add_reason(char *reason, size_t cap, const char *text)
{
    size_t used = strlen(reason);
    if (*text && !strstr(reason, text))
        snprintf(reason + used, cap - used, "%s%s", used ? "; " : "", text);
}

/* Kafka being away is told but is no reason to be unready: what is stored can be asked for (design 3.19). */
bool ingest_ready(const struct ingest *in, char *reason, size_t cap)
{
    static const char *const kafka[] = {
        [CONSUMER_STARTING] = "Kafka not reached yet",
        [CONSUMER_UP] = "",
        [CONSUMER_NO_BROKER] = "no Kafka broker answers",
        [CONSUMER_NO_TOPIC] = "the Kafka topic does not exist",
        [CONSUMER_FAILED] = "the Kafka client failed for good; see the log",
    };
    char text[256];
    bool ready = consumer_state(in->consumer) != CONSUMER_FAILED;
    reason[0] = '\0';
    add_reason(reason, cap, kafka[consumer_state(in->consumer)]);
    for (size_t i = 0; i < in->worker_count; i++) {
        ready = worker_ready(in->workers[i], text, sizeof(text)) && ready;
        add_reason(reason, cap, text);
    }
    return ready;
}
