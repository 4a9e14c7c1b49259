#include "api/api.h"

#include "classify/base/log.h"
#include "schema/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct report_options {
    int format; /* Markdown is the only one; named so that scripts stay right when others come */
    int lang;
} report_options;

static const char *const languages[] = {"en", "ja"};

static const struct setting rows[] = {
    {.section = "report",
        .key = "format",
        .type = SETTING_ENUM,
        .offset = offsetof(struct report_options, format),
        .fallback = "md",
        .choices = "md",
        .flag_name = "format",
        .help = "of the text"},
    {.section = "report",
        .key = "lang",
        .type = SETTING_ENUM,
        .offset = offsetof(struct report_options, lang),
        .fallback = "en",
        .choices = "en ja",
        .flag_name = "lang",
        .help = "language of the text"},
};

struct printed {
    size_t parts;
};

static int print_part(void *ctx, const struct span *columns, size_t n)
{
    struct printed *p = ctx;
    p->parts++;
    if (n && fwrite(columns[0].ptr, 1, columns[0].len, stdout) != columns[0].len)
        return ERR_IO;
    return 0;
}

/* "incident ID" behind the options. @return false, said on the log */
static bool read_arguments(int argc, char **argv, int rest, char id[24])
{
    char *end;
    const char *hex = argc - rest == 2 && strcmp(argv[rest], "incident") == 0 ? argv[rest + 1] : "";
    uint64_t n = strtoull(hex, &end, 16);
    if (strlen(hex) == 16 && strspn(hex, "0123456789abcdefABCDEF") == 16) {
        snprintf(id, 24, "%" PRId64, (int64_t)n);
        return true;
    }
    log_error("report.usage", "detail=%s",
        log_quote("ikewatch report incident ID [--lang en|ja] [-d DATABASE_URI]; ID is 16 hex digits, as "
                  "/v1/incidents shows it"));
    return false;
}

static int print_report(struct pg *pg, const struct span id)
{
    char stay[48], silent[48];
    snprintf(stay, sizeof stay, "%" PRId64 " milliseconds", api_options.stay_down_after_ms);
    snprintf(silent, sizeof silent, "%" PRId64 " milliseconds", api_options.silent_after_ms);
    struct pg_param params[] = {
        {id}, {span_of(stay)}, {span_of(silent)}, {span_of(languages[report_options.lang])}};
    struct printed printed = {0};
    int rc = migrate_check(pg);
    if (!rc)
        rc = pg_query(pg, "report.incident",
            "SELECT part FROM ikewatch.api_report(id => $1::bigint, stay_down_after => $2::interval,"
            " silent_after => $3::interval, lang => $4) AS part",
            params, 4, print_part, &printed);
    if (!rc && !printed.parts) {
        log_error("report.incident", "detail=%s",
            log_quote("no incident has this id; see /v1/incidents?state=all"));
        rc = ERR_NOTFOUND;
    }
    return !rc && fflush(stdout) ? ERR_IO : rc;
}

int verb_report(int argc, char **argv)
{
    int rest;
    char id[24];
    struct pg *pg = NULL;
    const struct settings_table tables[] = {
        api_settings, {rows, sizeof rows / sizeof rows[0], &report_options}};
    int rc = settings_load("report",
        "incident ID: prints the text that goes to the carrier or to the peer's operator.", tables, 2, argc,
        argv, &rest);
    if (rc)
        return rc > 0 ? EXIT_SUCCESS : rc;
    struct pg_options options = {.uri = api_options.database_uri,
        .application = "ikewatch-report",
        .statement_timeout_ms = api_options.query_timeout_ms,
        .read_only = true};
    rc = read_arguments(argc, argv, rest, id) ? pg_open(&options, &pg) : ERR_USAGE;
    if (!rc)
        rc = print_report(pg, span_of(id));
    pg_close(pg);
    settings_free(tables, 2);
    return rc;
}
