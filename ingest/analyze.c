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

static int feed(struct classify *c, const struct catalogue *catalogue, const struct analyze_input *in,
    struct rows *collected)
{
    struct match_scratch *scratch = match_scratch_new(catalogue);
    if (!scratch)
        return ERR_NOMEM;
    for (size_t i = 0; i < in->count; i++) {
        const struct input_line *l = &in->lines[i];
        const struct record r = {.value = l->text,
            .key = alias_of(&in->hosts, l->host),
            .time_ms = l->file_time_ms,
            .offset = l->number - 1};
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
    const struct inventory *inventory, const struct zones *zones)
{
    struct analysis a = {.catalogue = catalogue,
        .files = in->files,
        .file_count = in->file_count,
        .zone = zones->fallback,
        .inventory = inventory,
        .with_exchanges = options.exchanges};
    struct attribution *bound = options.attribution ? attribution_new(in->count) : NULL;
    struct classify_options how = classify_defaults(catalogue);
    struct classify *c = NULL;
    int rc = ERR_NOMEM;

    how.inventory = inventory;
    how.flap_window_ms = options.flap_window_ms;
    how.stay_down_after_ms = options.stay_down_after_ms;
    how.year = (int16_t)options.year;
    how.zones = zones;
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
    struct zone_set zones = {0};
    int rc = analyze_input_read(&in, names, count);
    if (rc == 0)
        rc = knowledge_inventory(options.inventory_file, &inventory);
    if (rc == 0)
        rc = zone_set_load(options.zone, inventory, &zones);
    if (rc == 0)
        rc = analyze_input_sort(&in, (int16_t)options.year, &zones.zones);
    if (rc == 0)
        rc = (catalogue = knowledge_catalogue(options.catalogue_dir)) ? 0 : ERR_CATALOGUE;
    if (rc == 0)
        rc = analyze(&in, catalogue, inventory, &zones.zones);
    zone_set_free(&zones);
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
