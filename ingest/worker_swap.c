#include "ingest/worker_inside.h"

#include "classify/base/log.h"

void worker_use(struct worker *w, const struct knowledge *k)
{
    w->classify = classify_defaults(k->catalogue);
    w->classify.inventory = k->inventory;
    w->classify.zones = &k->zones.zones;
    w->classify.flap_window_ms = w->setup.options->flap_window_ms;
    w->classify.stay_down_after_ms = w->setup.options->stay_down_after_ms;
    w->classify.max_devices = (uint32_t)w->setup.options->max_devices;
    w->config = k->hash;
    pthread_mutex_lock(&w->lock);
    w->knowledge = k;
    if (w->wanted == k)
        w->wanted = NULL;
    pthread_mutex_unlock(&w->lock);
}

/* Is all stored, with a checkpoint of this very state? It is stamped for what comes next: that takes effect
 * here. */
static bool clean(struct worker *w, struct partition *p, int64_t config)
{
    if (!p->classify || p->muted)
        return true;
    if (p->config == config && p->next == p->position && !p->collected)
        return true;
    if (!p->collected) {
        p->config = config;
        p->stamp_due = true;
        partition_collect(
            p, w->setup.options->checkpoint_max_bytes, consumer_end(w->setup.consumer, p->key.partition));
    }
    worker_flush(w, p);
    return p->classify ? p->config == config && p->next == p->position && !p->collected : true;
}

static void swap(struct worker *w, const struct knowledge *wanted)
{
    bool all = true;
    for (size_t i = 0; i < w->count && w->db.pg; i++)
        all = clean(w, w->partitions[i], wanted->hash) && all;
    struct match_scratch *scratch = all && w->db.pg ? match_scratch_new(wanted->catalogue) : NULL;
    if (!scratch)
        return;
    match_scratch_free(w->scratch);
    w->scratch = scratch;
    worker_use(w, wanted);
    for (size_t i = 0; i < w->count; i++) {
        struct partition *p = w->partitions[i];
        if (p->classify && (p->muted || partition_reconfigure(p, &w->classify, w->config)))
            partition_drop(p); /* claimed again, and read with the new ones */
    }
    log_info("ingest.reconfigured", "worker=%u partitions=%zu config=%016llx", w->setup.number, w->count,
        (unsigned long long)w->config);
}

void worker_reconfigure(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    const struct knowledge *wanted = w->wanted;
    pthread_mutex_unlock(&w->lock);
    if (wanted && mailbox_now_ms() >= w->db.retry_at_ms)
        swap(w, wanted);
}
