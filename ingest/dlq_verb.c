/* `ikewatch dlq`: what could not be read or stored, seen and sent back. */
#include "classify/base/log.h"
#include "ingest/dlq_print.h"
#include "ingest/dlq_send.h"
#include "ingest/ingest.h"
#include "schema/migrate.h"

#include <stdlib.h>

enum { REPLAY_BATCH = 500 };

static struct dlq_options {
    char *brokers, *topic, *group, *kafka_properties, *database_uri;
    char *reason, *partition, *offset;
    uint64_t limit;
    int format;
    bool all, again, dry_run;
} options;

#define ROW(section, key, type, field, fallback, choices, letter, name, unit, help)                          \
    {                                                                                                        \
        section, key, SETTING_##type, offsetof(struct dlq_options, field), fallback, NULL, NULL, choices,    \
            letter, name, unit, help                                                                         \
    }
static const struct setting rows[] = {
    ROW("kafka", "brokers", TEXT, brokers, "127.0.0.1:9092", NULL, 'b', "brokers", NULL,
        "bootstrap brokers, HOST:PORT separated by commas"),
    ROW("kafka", "topic", TEXT, topic, "charon", NULL, 't', "topic", NULL, "the topic they came from"),
    ROW("kafka", "group", TEXT, group, "ikewatch", NULL, 'G', "group", NULL, "the group that read it"),
    ROW("kafka", "property", LIST, kafka_properties, NULL, NULL, 'X', "property", NULL,
        "property=value handed to librdkafka"),
    ROW("database", "uri", SECRET, database_uri, NULL, NULL, 'd', "database", NULL,
        "PostgreSQL: postgresql://USER@HOST:PORT/NAME; unset: libpq's own environment"),
    ROW("dlq", "reason", TEXT, reason, NULL, NULL, 0, "reason", "WORD", "only this reason, such as bad-json"),
    ROW("dlq", "partition", TEXT, partition, NULL, NULL, 0, "partition", "N", "only of this partition"),
    ROW("dlq", "offset", TEXT, offset, NULL, NULL, 0, "offset", "N or N-M", "only these offsets"),
    ROW("dlq", "limit", UINT, limit, "1000", NULL, 'n', "limit", "records", "at most so many"),
    ROW("dlq", "format", ENUM, format, "table", "table json", 0, "format", NULL, "of list"),
    ROW("dlq", "all", BOOL, all, "no", NULL, 0, "all", NULL, "replay without a reason, partition or offset"),
    ROW("dlq", "again", BOOL, again, "no", NULL, 0, "again", NULL, "replay also what was replayed before"),
    ROW("dlq", "dry_run", BOOL, dry_run, "no", NULL, 0, "dry-run", NULL,
        "replay: only say what would be sent"),
};
#undef ROW
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

static int wrong(const char *flag, const char *value, const char *wanted)
{
    fprintf(stderr, "ikewatch dlq: %s \"%s\": write %s\n", flag, value, wanted);
    return ERR_USAGE;
}

/* `N` or `N-M`. */
static bool read_range(const char *text, int64_t *first, int64_t *last)
{
    struct span whole = span_of(text), from = whole, to;
    uint64_t a, b;
    ptrdiff_t dash = span_find(whole, SPAN("-"));
    if (dash >= 0)
        from.len = (size_t)dash;
    to = dash >= 0 ? span_skip(whole, (size_t)dash + 1) : from;
    if (!span_u64(from, &a) || !span_u64(to, &b) || b < a || b > INT64_MAX)
        return false;
    *first = (int64_t)a;
    *last = (int64_t)b;
    return true;
}

static int read_filter(struct dlq_filter *f)
{
    uint64_t partition;
    *f = (struct dlq_filter){.group = options.group,
        .topic = options.topic,
        .reason = options.reason,
        .partition = -1,
        .first = -1,
        .last = -1,
        .max = options.limit};
    if (options.partition && (!span_u64(span_of(options.partition), &partition) || partition > INT32_MAX))
        return wrong("--partition", options.partition, "a partition's number");
    if (options.partition)
        f->partition = (int64_t)partition;
    if (options.offset && !read_range(options.offset, &f->first, &f->last))
        return wrong("--offset", options.offset, "an offset, or FIRST-LAST");
    return 0;
}

/* --- list --- */

static void print_count(void *ctx, struct span reason, struct span count, struct span kept)
{
    fprintf(ctx, "%-20.*s %12.*s so far, %.*s kept\n", (int)reason.len, reason.ptr, (int)count.len, count.ptr,
        (int)kept.len, kept.ptr);
}

static int list(struct pg *pg, struct dlq_filter *filter)
{
    struct dead_letters letters;
    int rc = dead_letters_init(&letters);
    filter->again = true;
    if (rc == 0)
        rc = dlq_store_list(pg, filter, &letters);
    if (rc == 0 && options.format == 1) {
        dlq_print_json(stdout, &letters);
    } else if (rc == 0) {
        dlq_print_table(stdout, &letters);
        if (letters.count == 0)
            puts("No dead letter is kept that this asks for.");
        rc = dlq_store_counts(pg, options.group, options.topic, print_count, stdout);
    }
    dead_letters_free(&letters);
    return rc;
}

/* --- replay --- */

struct totals {
    size_t chosen, sent, never, failed;
    char why[DLQ_WHY_BYTES];
};

static int send_batch(
    struct pg *pg, struct dlq_sender *sender, const struct dead_letters *batch, struct totals *t)
{
    struct dlq_result result;
    int rc = dlq_sender_send(sender, batch, NULL, &result);
    if (rc)
        return rc;
    rc = dlq_store_mark(
        pg, options.group, options.topic, DLQ_REPLAYED, NULL, result.delivered, result.delivered_count);
    if (rc)
        fprintf(stderr,
            "ikewatch dlq: %zu records were sent but could not be marked; another replay sends them again\n",
            result.delivered_count);
    t->sent += result.delivered_count;
    t->never += result.never_count;
    t->failed += result.failed;
    if (result.why[0])
        span_copy(t->why, sizeof(t->why), span_of(result.why));
    return rc;
}

static int send_all(struct pg *pg, const struct dead_letters *letters, struct totals *t)
{
    const struct dlq_route route = {.brokers = options.brokers,
        .topic = options.topic,
        .group = options.group,
        .properties = options.kafka_properties,
        .back = true};
    struct dlq_sender *sender = NULL;
    int64_t ignored;
    int rc = dlq_sender_open(&route, &sender);
    if (rc == 0)
        rc = producer_retention(dlq_sender_producer(sender), &ignored); /* is the topic there? */
    for (size_t at = 0; rc == 0 && at < letters->count; at += REPLAY_BATCH) {
        struct dead_letters batch = *letters;
        batch.list += at;
        batch.count = letters->count - at < REPLAY_BATCH ? letters->count - at : REPLAY_BATCH;
        rc = send_batch(pg, sender, &batch, t);
    }
    dlq_sender_close(sender);
    return rc;
}

static int replay(struct pg *pg, struct dlq_filter *filter)
{
    struct dead_letters letters;
    struct totals t = {0};
    int rc = dead_letters_init(&letters);
    filter->again = options.again;
    if (rc == 0)
        rc = dlq_store_list(pg, filter, &letters);
    t.chosen = letters.count;
    if (rc == 0 && options.dry_run)
        dlq_print_table(stdout, &letters);
    else if (rc == 0 && letters.count)
        rc = send_all(pg, &letters, &t);
    if (rc == 0)
        printf("replayed chosen=%zu sent=%zu gone=%zu failed=%zu topic=%s%s\n", t.chosen, t.sent, t.never,
            t.failed, options.topic, options.dry_run ? " (nothing was sent)" : "");
    if (t.why[0])
        fprintf(stderr, "ikewatch dlq: not sent: %s\n", t.why);
    dead_letters_free(&letters);
    return rc == 0 && t.never + t.failed ? ERR_KAFKA : rc;
}

static int with_database(bool replays)
{
    const struct pg_options pg_options = {.uri = options.database_uri, .application = "ikewatch dlq"};
    struct dlq_filter filter;
    struct pg *pg = NULL;
    int rc = read_filter(&filter);
    if (rc == 0 && replays && !options.all && !options.reason && !options.partition && !options.offset) {
        fputs("ikewatch dlq: say which ones to replay: --reason, --partition, --offset, or --all\n", stderr);
        rc = ERR_USAGE;
    }
    if (rc == 0)
        rc = pg_open(&pg_options, &pg);
    if (rc == 0)
        rc = migrate_check(pg);
    if (rc == 0)
        rc = replays ? replay(pg, &filter) : list(pg, &filter);
    pg_close(pg);
    return rc;
}

int verb_dlq(int argc, char **argv)
{
    int rest = 0;
    int rc = settings_load("dlq",
        "list: the records that could not be read or stored, and why. replay: send those that --reason, "
        "--partition "
        "and --offset choose back to the partition they came from, once the cause is mended.",
        &table, 1, argc, argv, &rest);
    if (rc == 0 &&
        (rest != argc - 1 || (strcmp(argv[rest], "list") != 0 && strcmp(argv[rest], "replay") != 0))) {
        fputs("ikewatch dlq: say `ikewatch dlq list` or `ikewatch dlq replay`\n", stderr);
        rc = ERR_USAGE;
    }
    if (rc == 0)
        rc = with_database(strcmp(argv[rest], "replay") == 0);
    settings_free(&table, 1);
    return rc > 0 ? EXIT_SUCCESS : rc;
}
