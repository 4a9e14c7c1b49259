#include "ingest/simulate/simulate.h"

#include "classify/base/log.h"
#include "classify/base/settings.h"
#include "ingest/simulate/line.h"
#include "ingest/simulate/out.h"
#include "ingest/simulate/truth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { PATH_BYTES = 4096, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

static struct simulate_options {
    uint64_t devices, tunnels, days, seed, noise;
    int64_t duration_ms, clock_error_ms, reorder_ms;
    char *start, *faults, *ikev1, *ipv6, *loss, *duplicate, *output, *brokers, *topic, *kafka_properties;
    int form, envelope;
    bool prefix, doubled;
} options;

static const struct setting rows[] = {
#define SETTING(section, key, type, field, fallback, min, max, choices, letter, name, unit, help)            \
    {section, key, SETTING_##type, offsetof(struct simulate_options, field), fallback, min, max, choices,    \
        letter, name, unit, help},
#include "ingest/simulate/settings.def"
#undef SETTING
};
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

static const char *const device_files[] = {"messages", "attribution.tsv", "truth.json", "config.txt"};
enum { FILE_MESSAGES, FILE_ATTRIBUTION, FILE_TRUTH, FILE_CONFIG, FILES };

int simulate_rates(const char *faults, struct sim_plan *plan, const char **bad)
{
    const double healthy = 0.25, devices_struck = 0.1;
    int of_device = 0;
    for (int i = 0; i < FAULT_COUNT; i++)
        of_device += sim_faults[i].when == DEVICE;
    if (strcmp(faults, "none") == 0)
        return 0;
    for (int i = 0; strcmp(faults, "all") == 0 && i < FAULT_COUNT; i++)
        plan->rate[i] = sim_faults[i].when == DEVICE ? devices_struck / of_device
                                                     : (1 - healthy) / (FAULT_COUNT - of_device);
    if (strcmp(faults, "all") == 0)
        return 0;
    for (const char *w = faults; *w; w += *w == ',') {
        size_t n = strcspn(w, "=,");
        int i = 0;
        char *end;
        *bad = w;
        while (i < FAULT_COUNT && (strlen(sim_faults[i].name) != n || memcmp(sim_faults[i].name, w, n) != 0))
            i++;
        if (i == FAULT_COUNT || w[n] != '=')
            return ERR_USAGE;
        plan->rate[i] = strtod(w + n + 1, &end);
        if (end == w + n + 1 || (*end && *end != ',') || !(plan->rate[i] >= 0 && plan->rate[i] <= 1))
            return ERR_USAGE;
        w = end;
    }
    return 0;
}

static int share_of(const char *name, const char *text, double *share)
{
    char *end;
    *share = strtod(text, &end);
    if (end != text && *end == '\0' && *share >= 0 && *share <= 1)
        return 0;
    fprintf(stderr, "ikewatch simulate: --%s %s: write a share such as 0.01\n", name, text);
    return ERR_USAGE;
}

static int plan_of(struct sim_plan *plan, struct sim_way *way)
{
    struct tm tm = {0};
    const char *bad = "";
    int end = 0;
    if (sscanf(options.start, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
            &tm.tm_min, &tm.tm_sec, &end) != 6 ||
        end == 0 || options.start[end]) {
        fprintf(stderr, "ikewatch simulate: --start %s: write it as 2026-01-05T00:00:00Z\n", options.start);
        return ERR_USAGE;
    }
    if (!options.output && !options.brokers) {
        fputs("ikewatch simulate: say where to: --output DIR or --brokers HOST:PORT\n", stderr);
        return ERR_USAGE;
    }
    tm.tm_year -= 1900;
    tm.tm_mon--;
    *plan = (struct sim_plan){
        .tunnels = (uint32_t)options.tunnels, .seed = options.seed, .began_ms = (int64_t)timegm(&tm) * 1000};
    plan->ends_ms = plan->began_ms + (options.days ? (int64_t)options.days * DAY_MS : options.duration_ms);
    *way = (struct sim_way){
        .prefix = options.prefix, .doubled = options.doubled, .reorder_ms = options.reorder_ms};
    if (simulate_rates(options.faults, plan, &bad) != 0) {
        fprintf(stderr,
            "ikewatch simulate: --faults: \"%.*s\" is not NAME=SHARE with one of:", (int)strcspn(bad, ","),
            bad);
        for (int i = 0; i < FAULT_COUNT; i++)
            fprintf(stderr, " %s", sim_faults[i].name);
        fputs("\n", stderr);
        return ERR_USAGE;
    }
    if (share_of("ikev1", options.ikev1, &plan->ikev1) != 0 ||
        share_of("ipv6", options.ipv6, &plan->ipv6) != 0)
        return ERR_USAGE;
    if (share_of("loss", options.loss, &way->loss) != 0)
        return ERR_USAGE;
    return share_of("duplicate", options.duplicate, &way->duplicate);
}

static int io_failed(const char *path)
{
    log_error("simulate.output", "file=%s detail=%s", path, log_quote(strerror(errno)));
    return ERR_IO;
}

static int open_files(const struct sim_device *d, FILE *file[FILES])
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/%s", options.output, d->name);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return io_failed(path);
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "%s/%s/%s", options.output, d->name, device_files[i]);
        file[i] = fopen(path, "w");
        if (!file[i])
            return io_failed(path);
    }
    fputs("line\tike_sa\tconn\ttunnel\n", file[FILE_ATTRIBUTION]);
    return 0;
}

static int close_files(const struct sim_device *d, FILE *file[FILES])
{
    int rc = 0;
    for (int i = 0; i < FILES; i++)
        if (file[i]) {
            bool bad = ferror(file[i]);
            if (fclose(file[i]) != 0 || bad)
                rc = io_failed(d->name);
        }
    return rc;
}

static int one_device(const struct sim_plan *plan, const struct sim_way *way, struct producer *producer,
    uint32_t number, uint64_t *lines)
{
    FILE *file[FILES] = {NULL};
    struct sim_lines l = {.way = *way, .producer = producer, .random = {plan->seed + number * 31u + 17u}};
    struct sim_device d;
    int rc = sim_device_init(&d, plan, number, &l);
    l.way.form =
        options.form == FORM_COUNT ? (enum sim_form)(number % FORM_COUNT) : (enum sim_form)options.form;
    l.way.envelope = options.envelope == WRAP_COUNT ? (enum sim_envelope)(number % WRAP_COUNT)
                                                    : (enum sim_envelope)options.envelope;
    l.host = d.name;
    l.tunnels = d.tunnel;
    d.noise_per_hour = (uint32_t)options.noise;
    if (options.clock_error_ms)
        d.skew_ms = (int64_t)(sim_random_next(&l.random) % (uint64_t)(2 * options.clock_error_ms + 1)) -
                    options.clock_error_ms;
    l.skew_ms = d.skew_ms;
    if (rc == 0 && options.output)
        rc = open_files(&d, file);
    l.messages = file[FILE_MESSAGES];
    l.attribution = file[FILE_ATTRIBUTION];
    if (rc == 0)
        rc = sim_device_run(&d);
    if (rc == 0)
        rc = sim_lines_flush(&l);
    if (rc == 0 && options.output) {
        sim_truth_write(&d, file[FILE_TRUTH]);
        sim_config_write(&d, file[FILE_CONFIG]);
    }
    *lines += l.written;
    if (close_files(&d, file) != 0 && rc == 0)
        rc = ERR_IO;
    sim_device_free(&d);
    sim_lines_free(&l);
    return rc;
}

/* A topic that keeps its records for a shorter time than they are old would lose them. */
static int check_retention(struct producer *producer, const struct sim_plan *plan)
{
    int64_t retention_ms, age_ms = (int64_t)time(NULL) * 1000 - plan->began_ms;
    int rc = producer_retention(producer, &retention_ms);
    if (rc || retention_ms < 0 || age_ms <= retention_ms)
        return rc;
    fprintf(stderr,
        "ikewatch simulate: --start %s is %.1f days ago, but topic %s keeps %.1f days: Kafka would delete "
        "what "
        "is sent. Nothing was sent. Start later, or keep it longer first:\n"
        "  kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config "
        "retention.ms=-1\n",
        options.start, (double)age_ms / DAY_MS, options.topic, (double)retention_ms / DAY_MS, options.brokers,
        options.topic);
    return ERR_RETENTION;
}

static int simulate(const struct sim_plan *plan, const struct sim_way *way)
{
    struct producer *producer = NULL;
    struct producer_result sent;
    uint64_t lines = 0;
    int rc = options.brokers
                 ? producer_open(options.brokers, options.topic, options.kafka_properties, &producer)
                 : 0;
    if (rc == 0 && producer)
        rc = check_retention(producer, plan);
    if (rc == 0 && options.output && mkdir(options.output, 0777) != 0 && errno != EEXIST)
        rc = io_failed(options.output);
    for (uint32_t i = 0; i < options.devices && rc == 0; i++)
        rc = one_device(plan, way, producer, i, &lines);
    if (rc == 0 && producer)
        rc = producer_finish(producer, &sent);
    producer_close(producer);
    if (rc == 0)
        fprintf(stderr, "ikewatch simulate: %llu lines of %llu routers\n", (unsigned long long)lines,
            (unsigned long long)options.devices);
    return rc;
}

int verb_simulate(int argc, char **argv)
{
    struct sim_plan plan;
    struct sim_way way;
    int rest = argc;
    int rc =
        settings_load("simulate", "Writes the logs of a fleet that does not exist, and the truth about them.",
            &table, 1, argc, argv, &rest);
    if (rc == 0 && rest < argc) {
        fprintf(stderr, "ikewatch simulate: \"%s\" is one argument too many\n", argv[rest]);
        rc = ERR_USAGE;
    }
    if (rc == 0)
        rc = plan_of(&plan, &way);
    if (rc == 0)
        rc = simulate(&plan, &way);
    settings_free(&table, 1);
    return rc > 0 ? EXIT_SUCCESS : rc;
}
