#include "classify/base/log.h"
#include "ingest/envelope_write.h"
#include "ingest/ingest.h"
#include "ingest/producer.h"
#include "ingest/survey.h"
#include "ingest/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 * 1024, COPY_BYTES = 64 * 1024, NAME_MAX_BYTES = 64 };

static struct replay_options {
    char *brokers, *topic, *kafka_properties, *device, *zone;
    uint64_t rate;
} options;

static const struct setting rows[] = {
    {"kafka", "brokers", SETTING_TEXT, offsetof(struct replay_options, brokers), "127.0.0.1:9092", NULL, NULL,
        NULL, 'b', "brokers", NULL, "bootstrap brokers, HOST:PORT separated by commas"},
    {"kafka", "topic", SETTING_TEXT, offsetof(struct replay_options, topic), "charon", NULL, NULL, NULL, 't',
        "topic", NULL, "the topic to send to"},
    {"kafka", "property", SETTING_LIST, offsetof(struct replay_options, kafka_properties), NULL, NULL, NULL,
        NULL, 'X', "property", NULL, "property=value handed to librdkafka"},
    {"replay", "device", SETTING_TEXT, offsetof(struct replay_options, device), NULL, NULL, NULL, NULL, 0,
        "device", "NAME", "send the lines as this device's, in a JSON envelope"},
    {"replay", "tz", SETTING_TEXT, offsetof(struct replay_options, zone), NULL, NULL, NULL, NULL, 0, "tz",
        "ZONE", "zone of stamps that name none, such as Asia/Tokyo or +09:00; UTC if not set"},
    {"replay", "rate", SETTING_UINT, offsetof(struct replay_options, rate), "0", NULL, "10000000", NULL, 0,
        "rate", "lines/s", "send at most so many; 0: as fast as Kafka takes them"},
};
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

struct replay {
    struct producer *producer;
    struct arena *arena;
    struct survey survey;
    struct survey_clock clock;
    struct span key;
    const char *key_of; /* the file that `key` belongs to */
    uint64_t sent;
    struct timespec began;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the next line is due, counted from the first: a slow moment is caught up. */
static void pace(struct replay *r)
{
    if (options.rate == 0)
        return;
    struct timespec due = r->began;
    due.tv_sec += (time_t)(r->sent / options.rate);
    due.tv_nsec += (long)((r->sent % options.rate) * 1000000000 / options.rate);
    if (due.tv_nsec >= 1000000000) {
        due.tv_sec++;
        due.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
        ;
}

static int send_line(void *ctx, const struct file_line *line)
{
    struct replay *r = ctx;
    struct span value = line->text;
    if (!r->key_of || strcmp(r->key_of, line->file) != 0) {
        r->key = options.device ? span_of(options.device) : survey_host(&r->survey, line->file);
        r->key_of = line->file;
    }
    if (options.device) {
        arena_reset(r->arena);
        value = envelope_write(r->arena, r->key, line->text);
    }
    pace(r);
    r->sent++;
    return producer_send(r->producer, r->key, value, survey_time(&r->clock, line, now_ms()));
}

/* --- before anything is sent --- */

static int check_hosts(const struct replay *r)
{
    for (size_t i = 0; i < r->survey.count && !options.device; i++)
        if (!survey_host(&r->survey, r->survey.files[i].file).ptr) {
            fprintf(stderr,
                "ikewatch replay: no line of %s names a host, so it cannot be keyed; say whose it is: "
                "--device NAME\n",
                r->survey.files[i].file);
            return ERR_INVAL;
        }
    return 0;
}

static int check_retention(const struct replay *r)
{
    int64_t retention_ms, age_ms = r->survey.now_ms - r->survey.oldest_ms;
    int rc = producer_retention(r->producer, &retention_ms);
    if (rc || retention_ms < 0 || age_ms <= retention_ms)
        return rc;
    fprintf(stderr,
        "ikewatch replay: the oldest line is %.1f days old, but topic %s keeps %.1f days: Kafka would delete "
        "what is sent. "
        "Nothing was sent. Keep it longer first:\n"
        "  kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config "
        "retention.ms=-1\n",
        (double)age_ms / 86400000.0, options.topic, (double)retention_ms / 86400000.0, options.brokers,
        options.topic);
    return ERR_RETENTION;
}

/* Standard input is read twice, so it goes into a file without a name. @return its descriptor or ERR_IO, said
 */
static int spool(void)
{
    char name[] = "/tmp/ikewatch-replay-XXXXXX", buf[COPY_BYTES];
    ssize_t n = 0;
    int fd = mkstemp(name);
    if (fd >= 0)
        unlink(name);
    while (fd >= 0 && (n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
        if (write(fd, buf, (size_t)n) != n) {
            n = -1;
            break;
        }
    if (fd >= 0 && n == 0)
        return fd;
    fprintf(stderr, "ikewatch replay: standard input cannot be copied to /tmp: %s\n", strerror(errno));
    if (fd >= 0)
        close(fd);
    return ERR_IO;
}

static int replace_stdin(char **names, size_t count, char *name, int *fd)
{
    *fd = -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "-") != 0)
            continue;
        if (*fd < 0 && (*fd = spool()) < 0)
            return *fd;
        snprintf(name, NAME_MAX_BYTES, "/proc/self/fd/%d", *fd);
        names[i] = name;
    }
    return 0;
}

static void print_summary(const struct replay *r, const struct producer_result *result)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - r->began.tv_sec) + (double)(now.tv_nsec - r->began.tv_nsec) / 1e9;
    printf("replayed lines=%llu bytes=%llu partitions=%u failed=%llu seconds=%.3f topic=%s\n",
        (unsigned long long)result->delivered, (unsigned long long)result->bytes, result->partitions,
        (unsigned long long)result->failed, seconds, options.topic);
}

static int replay(struct replay *r, char **names, size_t count)
{
    struct producer_result result;
    int rc = file_read_lines(names, count, survey_line, &r->survey);
    if (rc == 0)
        rc = check_hosts(r);
    if (rc == 0)
        rc = producer_open(options.brokers, options.topic, options.kafka_properties, &r->producer);
    if (rc == 0)
        rc = check_retention(r);
    if (rc)
        return rc;
    clock_gettime(CLOCK_MONOTONIC, &r->began);
    rc = file_read_lines(names, count, send_line, r);
    int undelivered = producer_finish(r->producer, &result);
    print_summary(r, &result);
    return rc ? rc : undelivered;
}

static int replay_names(char **names, size_t count)
{
    int fd;
    char name[NAME_MAX_BYTES];
    struct replay r = {
        .survey = {.oldest_ms = INT64_MAX, .now_ms = now_ms()}, .arena = arena_new(ARENA_BYTES)};
    struct zone_set zones;
    int rc = zone_set_load(options.zone, NULL, &zones);
    r.clock.zone = r.survey.clock.zone = zones.zones.fallback;
    if (rc == 0)
        rc = r.arena ? replace_stdin(names, count, name, &fd) : ERR_NOMEM;
    if (rc == 0) {
        rc = replay(&r, names, count);
        if (fd >= 0)
            close(fd);
    }
    producer_close(r.producer);
    survey_free(&r.survey);
    arena_free(r.arena);
    zone_set_free(&zones);
    return rc;
}

int verb_replay(int argc, char **argv)
{
    int rest;
    int rc = settings_load("replay",
        "Sends log files to Kafka: FILE… (plain, .gz, rotated sets; - is standard input).", &table, 1, argc,
        argv, &rest);
    if (rc == 0 && rest >= argc) {
        fputs("ikewatch replay: no FILE given\nSee `ikewatch replay --help`.\n", stderr);
        rc = ERR_USAGE;
    }
    if (rc == 0)
        rc = replay_names(argv + rest, (size_t)(argc - rest));
    settings_free(&table, 1);
    return rc > 0 ? 0 : rc;
}
