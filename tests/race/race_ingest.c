/*
 * All threads of ingest at once, for ThreadSanitizer: consumer, workers, metrics, readiness, reloads and the
 * stop, with a rebalance every few milliseconds. Every record must be stored once, whatever was taken away
 * when.
 */
#include "classify/base/log.h"
#include "classify/base/metric.h"
#include "ingest/ingest.h"
#include "schema/migrate.h"
#include "tests/race/fake_consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 3000, REBALANCES = 120, RELOADS = 2, LOOK_MS = 20, LOOKS_MAX = 9000 };

static char dir[] = "/tmp/ikewatch-race-XXXXXX";
static char inventory[64];

static void must(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "race_ingest: %s\n", what);
    exit(1);
}

static void write_inventory(unsigned version)
{
    FILE *f = fopen(inventory, "w");
    must(f, "no inventory");
    fprintf(f, "device,tunnel,local,peer\nvedge00,ipsec%u,192.0.2.1,203.0.113.9\n", version);
    fclose(f);
}

static int take_number(void *ctx, const struct span *columns, size_t n)
{
    uint64_t value = 0;
    if (n == 1 && columns[0].ptr)
        span_u64(columns[0], &value);
    *(uint64_t *)ctx = value;
    return 0;
}

static uint64_t ask(struct pg *pg, const char *sql)
{
    uint64_t value = 0;
    must(pg_query(pg, "ask", sql, NULL, 0, take_number, &value) == 0, "the database does not answer");
    return value;
}

/* What main.c's and the API's threads do meanwhile. */
static void look(struct ingest *in)
{
    char reason[512], *text = NULL;
    const struct timespec t = {0, LOOK_MS * 1000000L};
    ingest_ready(in, reason, sizeof(reason));
    must(!ingest_failed(in), "ingest has failed");
    metric_print(&text);
    free(text);
    nanosleep(&t, NULL);
}

static struct pg *open_database(const char *uri)
{
    const struct pg_options options = {.uri = uri, .application = "race"};
    struct pg *pg;
    must(pg_open(&options, &pg) == 0, "no database");
    must(migrate_up(pg) == 0, "no schema");
    return pg;
}

/* Small batches, so that a rebalance seldom finds nothing to flush. */
static void set_options(char *uri)
{
    char *argv[] = {"race", "-d", uri, "--state-dir", dir, "--inventory", inventory, "--workers", "3", NULL};
    int rest;
    must(settings_load("race", "", &ingest_settings, 1, 9, argv, &rest) == 0, "the options do not fit");
    ingest_options.batch_max_ms = 30;
    ingest_options.batch_max_records = 200;
    ingest_options.dlq = false; /* its producer is librdkafka's */
}

static void run(struct pg *pg, struct ingest *in)
{
    for (unsigned reload = 0; reload < RELOADS; reload++) {
        unsigned until = fake_consumer_count() + REBALANCES / RELOADS;
        write_inventory(reload + 1);
        ingest_reload(in);
        while (fake_consumer_count() < until)
            look(in);
    }
    fake_consumer_calm();
    for (int i = 0; i < LOOKS_MAX && ask(pg, "SELECT sum(position) FROM ikewatch.position") <
                                         (uint64_t)FAKE_PARTITIONS * RECORDS;
         i++)
        look(in);
}

int main(void)
{
    char *uri = getenv("IKEWATCH_TEST_DATABASE");
    must(uri && mkdtemp(dir), "run it under tests/sql/with_postgres");
    snprintf(inventory, sizeof(inventory), "%s/inventory.csv", dir);
    write_inventory(0);
    log_init(LOG_LEVEL_WARN);
    struct pg *pg = open_database(uri);
    struct ingest *in = NULL;
    set_options(uri);
    fake_consumer_set(RECORDS, 7);
    must(ingest_start(&ingest_options, &in) == 0, "ingest does not start");
    run(pg, in);
    ingest_stop(in);
    must(ask(pg, "SELECT sum(lines) FROM ikewatch.device") == (uint64_t)FAKE_PARTITIONS * RECORDS,
        "records are lost or doubled");
    must(ask(pg, "SELECT count(*) FROM ikewatch.gap") == 0, "there are gaps");
    pg_close(pg);
    unlink(inventory);
    printf("race_ingest: %u rebalances, %d records\n", fake_consumer_count(), FAKE_PARTITIONS * RECORDS);
    return 0;
}
