/*
 * main.c — the verb table of ikewatch, and the verbs that put rooms together: ingest, api, serve, config.
 *
 * A verb gets argv from its own name on and returns an exit status, or an error code that was said already.
 * Threads the main thread alone takes signals: they are blocked before any room starts.
 */
#include "api/api.h"
#include "classify/base/err.h"
#include "classify/base/log.h"
#include "classify/base/suggest.h"
#include "ingest/ingest.h"
#include "ingest/simulate/simulate.h"
#include "schema/migrate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EXIT_USAGE = 2, LOOK_MS = 500, PATIENCE_MS = 10000 };

static struct main_options {
    int log_level;
    char *ops_listen;
    int config_format;
} options;

static const struct setting log_rows[] = {{.section = "log",
    .key = "level",
    .type = SETTING_ENUM,
    .offset = offsetof(struct main_options, log_level),
    .fallback = "info",
    .choices = "error warn info debug",
    .help = "what is written to stderr"}};
static const struct setting ops_rows[] = {{.section = "ops",
    .key = "listen",
    .type = SETTING_TEXT,
    .offset = offsetof(struct main_options, ops_listen),
    .flag_name = "ops",
    .unit = "ADDR:PORT",
    .help = "where `ikewatch ingest` answers /livez, /readyz and /metrics; not set: nowhere"}};
static const struct setting config_rows[] = {{.section = "config",
    .key = "format",
    .type = SETTING_ENUM,
    .offset = offsetof(struct main_options, config_format),
    .fallback = "effective",
    .choices = "effective markdown",
    .flag_name = "format",
    .help = "the settings in force and where each came from, or the reference page"}};

static const struct settings_table log_settings = {log_rows, 1, &options};
static const struct settings_table ops_settings = {ops_rows, 1, &options};
static const struct settings_table config_settings = {config_rows, 1, &options};
static const struct settings_table *const all_settings[] = {
    &log_settings, &ops_settings, &config_settings, &ingest_settings, &api_settings, &analyze_settings};

/* A verb's tables, filled. @return as settings_load() */
static int load(const char *verb, const char *about, const struct settings_table *tables, size_t count,
    int argc, char **argv)
{
    static const enum log_level levels[] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG};
    int rest;
    int rc = settings_load(verb, about, tables, count, argc, argv, &rest);
    if (rc == 0 && rest < argc) {
        fprintf(stderr, "ikewatch %s: \"%s\" is one argument too many\nSee `ikewatch %s --help`.\n", verb,
            argv[rest], verb);
        rc = ERR_USAGE;
    }
    if (rc == 0)
        log_init(levels[options.log_level]);
    return rc;
}

/* SIGHUP: read catalogue and inventory again. */
static void signals_taken(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

/* Before any thread is started, so that all inherit the mask. */
static void block_signals(void)
{
    sigset_t set;
    signals_taken(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Until somebody asks for the end, or ingest (NULL: none) needs a person. */
static void wait_for_end(struct ingest *in)
{
    const struct timespec look = {0, LOOK_MS * 1000000L};
    sigset_t set;
    int got;
    signals_taken(&set);
    do {
        got = sigtimedwait(&set, NULL, &look);
        if (got == SIGHUP && in)
            ingest_reload(in);
    } while ((got < 0 || got == SIGHUP) && !(in && ingest_failed(in)));
    if (got > 0)
        log_info(
            "main.stop", "signal=%d detail=%s", got, log_quote("draining; a second signal ends at once"));
    /* From here on a signal has its usual effect. What is not committed is read again after the next start.
     */
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static bool ingest_is_ready(void *ctx, char *reason, size_t cap)
{
    return ingest_ready(ctx, reason, cap);
}

static int end_of(int rc, const struct settings_table *tables, size_t count)
{
    settings_free(tables, count);
    return rc > 0 ? EXIT_SUCCESS : rc;
}

static int verb_ingest(int argc, char **argv)
{
    const struct settings_table tables[] = {ingest_settings, ops_settings, log_settings};
    struct ingest *in = NULL;
    struct api *ops = NULL;
    int rc = load(
        "ingest", "Reads syslog off Kafka and stores what it means in PostgreSQL.", tables, 3, argc, argv);
    if (rc)
        return end_of(rc, tables, 3);
    block_signals();
    rc = ingest_start(&ingest_options, &in);
    if (rc == 0 && options.ops_listen)
        rc = ops_start(options.ops_listen, ingest_is_ready, in, &ops);
    if (rc == 0) {
        wait_for_end(in);
        rc = ingest_failed(in) ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    if (ops)
        api_stop(ops);
    if (in)
        ingest_stop(in);
    settings_free(tables, 3);
    return rc;
}

static int verb_api(int argc, char **argv)
{
    const struct settings_table tables[] = {api_settings, log_settings};
    struct api *api = NULL;
    int rc = load("api", "Answers HTTP from PostgreSQL: dashboard, JSON, metrics.", tables, 2, argc, argv);
    if (rc)
        return end_of(rc, tables, 2);
    block_signals();
    rc = api_start(&api_options, NULL, NULL, &api);
    if (rc == 0) {
        wait_for_end(NULL);
        api_stop(api);
    }
    settings_free(tables, 2);
    return rc;
}

static int migrate(const char *uri)
{
    const struct pg_options pg_options = {
        .uri = uri, .application = "ikewatch migrate", .connect_timeout_ms = PATIENCE_MS};
    struct pg *pg = NULL;
    int rc = pg_open(&pg_options, &pg);
    if (rc == 0)
        rc = migrate_up(pg);
    pg_close(pg);
    return rc;
}

static int serve(void)
{
    struct ingest *in = NULL;
    struct api *api = NULL;
    int rc = migrate(ingest_options.database_uri); /* may wait for another's lock: a signal still ends it */
    block_signals();
    if (rc == 0)
        rc = ingest_start(&ingest_options, &in);
    if (rc == 0)
        rc = api_start(&api_options, ingest_is_ready, in, &api);
    if (rc == 0) {
        wait_for_end(in);
        rc = ingest_failed(in) ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    if (api)
        api_stop(api);
    if (in)
        ingest_stop(in);
    return rc;
}

static int verb_serve(int argc, char **argv)
{
    const struct settings_table tables[] = {ingest_settings, api_settings, log_settings};
    int rc = load("serve", "Everything in one process: migrates the schema, reads Kafka, answers HTTP.",
        tables, 3, argc, argv);
    if (rc)
        return end_of(rc, tables, 3);
    rc = serve();
    settings_free(tables, 3);
    return rc;
}

static int verb_config(int argc, char **argv)
{
    const struct settings_table tables[] = {
        ingest_settings, api_settings, ops_settings, log_settings, config_settings};
    int rc =
        load("config", "Prints the settings in force, or the reference page of all.", tables, 5, argc, argv);
    if (rc)
        return end_of(rc, tables, 5);
    if (options.config_format == 0)
        settings_print_effective(tables, 4);
    else
        settings_print_markdown(tables, 4);
    settings_free(tables, 5);
    return rc;
}

static const struct verb {
    const char *name, *about;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"serve", "migrate, ingest and api in one process", verb_serve},
    {"ingest", "Kafka to PostgreSQL", verb_ingest},
    {"api", "PostgreSQL to HTTP: dashboard, JSON, metrics", verb_api},
    {"migrate", "bring the database's schema up to date, or show where it stands", verb_migrate},
    {"analyze", "log files to a verdict per tunnel; needs neither Kafka nor a database", verb_analyze},
    {"explain", "a log line: its template, fields, and what it says about a tunnel", verb_explain},
    {"catalog", "the message templates and causes: list them, test them by their samples", verb_catalog},
    {"inventory", "what is configured, vEdge CLI or CSV, into the database", verb_inventory},
    {"leave", "stopped members of this host out of the consumer group, at once", verb_leave},
    {"replay", "log files to Kafka", verb_replay},
    {"dlq", "records that could not be read or stored: see them, send them again", verb_dlq},
    {"simulate", "logs of a fleet that does not exist, with the truth about them", verb_simulate},
    {"report", "an incident as a text for the carrier", verb_report},
    {"config", "the settings in force, or the reference page of all", verb_config},
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static void print_verbs(FILE *out)
{
    fputs("Usage: ikewatch VERB [OPTION]… [ARGUMENT]…\n"
          "Finds why the IPsec tunnels of a fleet of Cisco vEdge routers fail.\n\n",
        out);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(out, "  %-9s %s\n", verbs[i].name, verbs[i].about);
    fputs("\n`ikewatch VERB --help` names the options of a verb.\n"
          "First try: ikewatch analyze /var/log/messages\n",
        out);
}

static int unknown_verb(const char *word)
{
    const char *best = NULL;
    for (size_t i = 0; i < VERBS; i++)
        suggest_consider(word, verbs[i].name, &best);
    fprintf(stderr, "ikewatch: there is no verb \"%s\"%s%s%s\nSee `ikewatch --help`.\n", word,
        best ? "; did you mean \"" : "", best ? best : "", best ? "\"?" : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    settings_known(all_settings, sizeof(all_settings) / sizeof(all_settings[0]));
    if (argc < 2) {
        print_verbs(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_verbs(stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ikewatch %s\n", IKEWATCH_VERSION);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            int rc = verbs[i].run(argc - 1, argv + 1);
            return rc >= 0 ? rc : rc == ERR_USAGE ? EXIT_USAGE : EXIT_FAILURE;
        }
    return unknown_verb(argv[1]);
}
