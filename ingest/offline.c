#include "ingest/offline.h"
#include "classify/base/log.h"
#include "ingest/knowledge.h"

enum { COLLECT_EVERY = 50000 };

static int feed(struct classify *c, struct offline *o)
{
    struct match_scratch *scratch = match_scratch_new(o->catalogue);
    if (!scratch)
        return ERR_NOMEM;
    for (size_t i = 0; i < o->in.count; i++) {
        const struct input_line *l = &o->in.lines[i];
        const struct record r = {.value = l->text,
            .key = alias_of(&o->in.hosts, l->host),
            .time_ms = l->file_time_ms,
            .offset = l->number - 1};
        classify_feed(c, scratch, &r); /* a line that cannot be read is in the counts */
        if (i % COLLECT_EVERY == COLLECT_EVERY - 1)
            classify_collect(c, &o->analysis.rows);
    }
    classify_finish(c);
    classify_collect(c, &o->analysis.rows);
    match_scratch_free(scratch);
    return 0;
}

int offline_classify(struct offline *o, const struct offline_options *options)
{
    struct analysis *a = &o->analysis;
    struct classify_options how = classify_defaults(o->catalogue);
    how.inventory = o->inventory;
    how.flap_window_ms = options->flap_window_ms;
    how.stay_down_after_ms = options->stay_down_after_ms;
    how.year = options->year;
    how.zones = &o->zones.zones;
    how.decided = options->decided;
    how.decided_ctx = options->decided_ctx;
    how.bound = options->bound;
    how.bound_ctx = options->bound_ctx;
    struct classify *c = rows_init(&a->rows) == 0 ? classify_new(&how) : NULL;
    int rc = c ? feed(c, o) : ERR_NOMEM;
    if (rc == 0) {
        a->catalogue = o->catalogue;
        a->inventory = o->inventory;
        a->files = o->in.files;
        a->file_count = o->in.file_count;
        a->zone = o->zones.zones.fallback;
        a->counts = classify_counts(c);
        a->ends_ms = classify_watermark(c);
        rc = analysis_settle(a);
    }
    classify_free(c);
    if (rc)
        log_error("offline.classify", "detail=%s", log_quote(err_text(rc)));
    return rc;
}

int offline_read(struct offline *o, const struct offline_options *options, char *const *names, size_t count)
{
    *o = (struct offline){0};
    int rc = analyze_input_read(&o->in, names, count);
    if (rc == 0)
        rc = knowledge_inventory(options->inventory_file, &o->inventory);
    if (rc == 0)
        rc = zone_set_load(options->zone, o->inventory, &o->zones);
    o->in.as_arrived = options->as_arrived;
    if (rc == 0)
        rc = analyze_input_sort(&o->in, options->year, &o->zones.zones);
    if (rc == 0)
        rc = (o->catalogue = knowledge_catalogue(options->catalogue_dir)) ? 0 : ERR_CATALOGUE;
    return rc;
}

void offline_free(struct offline *o)
{
    analysis_free(&o->analysis);
    zone_set_free(&o->zones);
    inventory_free(o->inventory);
    catalogue_free(o->catalogue);
    analyze_input_free(&o->in);
}
