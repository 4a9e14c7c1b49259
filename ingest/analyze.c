#include "classify/base/log.h"
#include "classify/base/settings.h"
#include "ingest/analysis_attribution.h"
#include "ingest/analyze_input.h"
#include "ingest/ingest.h"
#include "ingest/knowledge.h"
#include "ingest/zone.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FORMAT_TEXT, FORMAT_JSON };
enum { COLLECT_EVERY = 50000, WIDTH_DEFAULT = 100, WIDTH_MIN = 60, WIDTH_MAX = 140 };

static struct analyze_options {
    int format;
    bool exchanges;
    char *attribution, *zone, *catalogue_dir, *inventory_file;
    uint64_t year;
    int64_t flap_window_ms, stay_down_after_ms;
} options;

static const struct setting rows[] = {
#define SETTING(section, key, type, field, fallback, min, max, choices, letter, name, unit, help)            \
    {section, key, SETTING_##type, offsetof(struct analyze_options, field), fallback, min, max, choices,     \
        letter, name, unit, help},
#include "ingest/analyze_settings.def"
#undef SETTING
};

const struct settings_table analyze_settings = {rows, sizeof(rows) / sizeof(rows[0]), &options};

/* The zone's offset where the log is; a log over a change of daylight saving time gets the first one, and
 * that is said. */
static int zone_of_log(const struct analyze_input *in, int32_t *offset_s)
{
    int32_t at_end;
    int64_t from = in->count ? in->lines[0].stamp_ms : TIME_NONE;
    int64_t to = in->count ? in->lines[in->count - 1].stamp_ms : TIME_NONE;
    if (zone_offset(options.zone, from == TIME_NONE ? 0 : from, offset_s) != 0) {
        fprintf(stderr,
            "ikewatch analyze: --tz %s: no such zone; write an IANA name such as Asia/Tokyo, or +09:00\n",
            options.zone);
        return ERR_USAGE;
    }
    if (zone_offset(options.zone, to == TIME_NONE ? 0 : to, &at_end) == 0 && at_end != *offset_s)
        log_warn("analyze.zone", "zone=%s detail=%s", options.zone,
            log_quote(
                "the zone changes its offset within the log: times after the change are shifted by it"));
    return 0;
}

static int feed(struct classify *c, const struct catalogue *catalogue, const struct analyze_input *in,
    struct rows *collected)
{
    struct match_scratch *scratch = match_scratch_new(catalogue);
    if (!scratch)
        return ERR_NOMEM;
    for (size_t i = 0; i < in->count; i++) {
        const struct input_line *l = &in->lines[i];
        const struct record r = {.value = l->text, .key = alias_of(&in->hosts, l->host), .time_ms = l->file_time_ms, .offset = l->number - 1};
        classify_feed(c, scratch, &r); /* a line that cannot be read is in the counts */
        if (i % COLLECT_EVERY == COLLECT_EVERY - 1)
            classify_collect(c, collected);
    }
    classify_finish(c);
    classify_collect(c, collected);
    match_scratch_free(scratch);
    return 0;
}

static size_t terminal_width(void)
{
    struct winsize w;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0)
        return WIDTH_DEFAULT;
    return w.ws_col < WIDTH_MIN ? WIDTH_MIN : w.ws_col > WIDTH_MAX ? WIDTH_MAX : w.ws_col;
}

static int print(const struct analysis *a)
{
    const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    const struct analysis_style style = {
        .colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour), .width = terminal_width()};
    int rc = options.format == FORMAT_JSON ? analysis_print_json(a, stdout)
                                           : analysis_print_text(a, &style, stdout);
    if (rc)
        log_error("analyze.print", "detail=%s", log_quote(err_text(rc)));
    return rc;
}

static int analyze(const struct analyze_input *in, const struct catalogue *catalogue,
    const struct inventory *inventory, int32_t zone_offset_s)
{
    struct analysis a = {.catalogue = catalogue,
        .files = in->files,
        .file_count = in->file_count,
        .zone_offset_s = zone_offset_s,
        .with_exchanges = options.exchanges};
    struct attribution *bound = options.attribution ? attribution_new(in->count) : NULL;
    struct classify_options how = classify_defaults(catalogue);
    struct classify *c = NULL;
    int rc = ERR_NOMEM;

    how.inventory = inventory;
    how.flap_window_ms = options.flap_window_ms;
    how.stay_down_after_ms = options.stay_down_after_ms;
    how.year = (int16_t)options.year;
    how.zone_offset_s = zone_offset_s;
    how.bound = bound ? attribution_bound : NULL;
    how.bound_ctx = bound;
    if (rows_init(&a.rows) != 0 || (options.attribution && !bound) || !(c = classify_new(&how)))
        goto out;
    rc = feed(c, catalogue, in, &a.rows);
    a.counts = classify_counts(c);
    a.ends_ms = classify_watermark(c);
    if (rc == 0)
        rc = analysis_settle(&a);
    if (rc == 0 && bound)
        rc = attribution_write(bound, &a, options.attribution);
    if (rc == 0)
        rc = print(&a);
out:
    classify_free(c);
    attribution_free(bound);
    analysis_free(&a);
    return rc;
}

static int run(char *const *names, size_t count)
{
    struct analyze_input in = {0};
    struct catalogue *catalogue = NULL;
    struct inventory *inventory = NULL;
    int32_t offset_s = 0;
    int rc = analyze_input_read(&in, names, count);
    if (rc == 0)
        rc = analyze_input_sort(&in, (int16_t)options.year, 0);
    if (rc == 0 && options.zone)
        rc = zone_of_log(&in, &offset_s);
    if (rc == 0 && offset_s)
        rc = analyze_input_sort(&in, (int16_t)options.year, offset_s);
    if (rc == 0)
        rc = (catalogue = knowledge_catalogue(options.catalogue_dir)) ? 0 : ERR_CATALOGUE;
    if (rc == 0 && options.inventory_file)
        rc = knowledge_inventory(options.inventory_file, &inventory);
    if (rc == 0)
        rc = analyze(&in, catalogue, inventory, offset_s);
    inventory_free(inventory);
    catalogue_free(catalogue);
    analyze_input_free(&in);
    return rc;
}

int verb_analyze(int argc, char **argv)
{
    int rest;
    int rc = settings_load("analyze FILE…",
        "Reads log files (- is stdin; .gz and rotated sets are fine) and tells what became of each tunnel "
        "and why.",
        &analyze_settings, 1, argc, argv, &rest);
    if (rc == 0 && rest == argc) {
        fputs("ikewatch analyze: name a log file, or - for stdin\nSee `ikewatch analyze --help`.\n", stderr);
        rc = ERR_USAGE;
    }
    if (rc == 0)
        rc = run(argv + rest, (size_t)(argc - rest));
    else if (rc > 0)
        rc = EXIT_SUCCESS;
    settings_free(&analyze_settings, 1);
    return rc;
}
