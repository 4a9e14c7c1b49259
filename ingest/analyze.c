#include "classify/base/log.h"
#include "classify/base/settings.h"
#include "ingest/analysis_attribution.h"
#include "ingest/ingest.h"
#include "ingest/offline.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FORMAT_TEXT, FORMAT_JSON };
enum { ORDER_STAMP, ORDER_ARRIVED };
enum { WIDTH_DEFAULT = 100, WIDTH_MIN = 60, WIDTH_MAX = 140 };

static struct analyze_options {
    int format, order;
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

static int analyze(struct offline *o, struct offline_options *how)
{
    struct attribution *bound = options.attribution ? attribution_new(o->in.count) : NULL;
    int rc = options.attribution && !bound ? ERR_NOMEM : 0;
    how->bound = bound ? attribution_bound : NULL;
    how->bound_ctx = bound;
    if (rc == 0)
        rc = offline_classify(o, how);
    if (rc == 0 && bound)
        rc = attribution_write(bound, &o->analysis, options.attribution);
    if (rc == 0)
        rc = print(&o->analysis);
    attribution_free(bound);
    return rc;
}

static int run(char *const *names, size_t count)
{
    struct offline_options how = {.inventory_file = options.inventory_file,
        .catalogue_dir = options.catalogue_dir,
        .zone = options.zone,
        .year = (int16_t)options.year,
        .as_arrived = options.order == ORDER_ARRIVED,
        .flap_window_ms = options.flap_window_ms,
        .stay_down_after_ms = options.stay_down_after_ms};
    struct offline o;
    int rc = offline_read(&o, &how, names, count);
    o.analysis.with_exchanges = options.exchanges;
    if (rc == 0)
        rc = analyze(&o, &how);
    offline_free(&o);
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
