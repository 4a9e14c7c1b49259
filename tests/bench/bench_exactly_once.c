/*
 * bench_exactly_once.c — what exactly once costs: flushes with claim, epoch, position and checkpoint beside
 * the same rows by the same COPY with nothing but BEGIN and COMMIT around, in alternating turns of one run.
 *
 * bench_exactly_once DATABASE_URI [TURNS [FLUSHES [ROWS]]]: the database is migrated and empty. One line of
 * JSON; the ratio is of the medians of the turns.
 */
#include "schema/copy.h"
#include "schema/flush.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TURNS = 10,
    FLUSHES = 20,
    ROWS = 10000,
    TURNS_MAX = 100,
    CHECKPOINT_BYTES = 200 * 1024, /* of a partition with eight busy devices */
    CHECKPOINT_EVERY = 4,          /* flushes: at 5 lines an exchange so many take 2 s to be replayed */
    EXCHANGE_MS = 20,
    CONNECT_MS = 10000
};

static const int64_t first_ms = INT64_C(1767571200000); /* 2026-01-05 */
static const int64_t retention_ms = INT64_C(400) * 86400000;

struct bench {
    struct pg *pg;
    struct known_days *days;
    struct rows rows;
    struct flush flush;
    uint64_t turns, flushes, per_flush;
    char *state;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_exactly_once: %s\n", what);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Probes of a steady fleet, as most rows are. */
static void fill(struct bench *b, uint64_t flush)
{
    static const struct span none[] = {SPAN("N(ANY)")};
    rows_reset(&b->rows);
    for (uint64_t i = 0; i < b->per_flush; i++) {
        uint64_t n = flush * b->per_flush + i;
        struct row_exchange *row = rows_add_exchange(&b->rows);
        row->device_id = n % 1000 + 1;
        row->exchange_id = n + 1;
        row->tunnel_id = n % 2000 + 1;
        row->requested = first_ms + (int64_t)n * EXCHANGE_MS;
        row->answered = row->requested + EXCHANGE_MS;
        row->ike_sa = 1;
        row->daemon_run = 1;
        row->direction = SPAN("out");
        row->exchange = SPAN("INFORMATIONAL");
        row->message_id = (int64_t)(n / 2000);
        row->retransmits = 0;
        row->request = row->response = (struct span_list){none, 1};
        row->request_bytes = row->response_bytes = 76;
        row->outcome = SPAN("answered");
    }
}

static void store_exactly_once(struct bench *b, uint64_t number)
{
    struct flush *f = &b->flush;
    f->rows = &b->rows;
    f->from = f->to;
    f->to = f->from + (int64_t)b->per_flush * 5;
    f->watermark_ms = b->rows.exchange[b->rows.exchange_count - 1].requested;
    f->end_offset = f->to;
    f->checkpoint = number % CHECKPOINT_EVERY ? SPAN_NONE : span_from(b->state, CHECKPOINT_BYTES);
    if (flush_prepare(b->pg, b->days, f) || flush_commit(b->pg, b->days, f))
        die(pg_error(b->pg));
}

static void store_plainly(struct bench *b, uint64_t number)
{
    const struct copy_job job = {.target = "ikewatch.exchange",
        .table = &row_tables[ROW_TABLE_exchange],
        .rows = b->rows.exchange,
        .count = b->rows.exchange_count};
    const struct pg_step commit = {"commit", "COMMIT", NULL, 0, true};
    (void)number;
    if (copy_begin(b->pg, NULL, &job, 1) || pg_pipeline(b->pg, &commit, 1))
        die(pg_error(b->pg));
}

/* Seconds of a turn; the rows are made outside of the clock. */
static double turn(struct bench *b, void (*store)(struct bench *, uint64_t))
{
    double seconds = 0;
    if (pg_script(b->pg, "empty", "TRUNCATE ikewatch.exchange"))
        die(pg_error(b->pg));
    for (uint64_t i = 0; i < b->flushes; i++) {
        fill(b, i);
        double began = now_s();
        store(b, i);
        seconds += now_s() - began;
    }
    return seconds;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *list, uint64_t n)
{
    qsort(list, n, sizeof(*list), by_size);
    return n % 2 ? list[n / 2] : (list[n / 2 - 1] + list[n / 2]) / 2;
}

static void open_database(struct bench *b, const char *uri)
{
    const struct pg_options options = {
        .uri = uri, .application = "bench", .connect_timeout_ms = CONNECT_MS, .ingest = true};
    struct claim claim;
    b->flush.key = (struct partition_key){"bench", "bench", 0};
    b->days = known_days_new(retention_ms);
    b->state = malloc(CHECKPOINT_BYTES);
    if (rows_init(&b->rows) || !b->days || !b->state)
        die("out of memory");
    uint64_t seed = 1;
    for (size_t i = 0; i < CHECKPOINT_BYTES; i++) /* a checkpoint is compressed, so must this be */
        b->state[i] = (char)((seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407) >> 56);
    if (pg_open(&options, &b->pg) || partition_claim(b->pg, &b->flush.key, "bench", &claim))
        die("no database, or it is not migrated");
    b->flush.epoch = claim.epoch;
    b->flush.to = claim.position;
    b->flush.last_offset = b->flush.last_hash = LONG_NONE;
    free(claim.refused);
}

static uint64_t number(int argc, char **argv, int i, uint64_t fallback)
{
    uint64_t n = fallback;
    if (argc > i && (!span_u64(span_of(argv[i]), &n) || n == 0))
        die("TURNS, FLUSHES and ROWS are numbers above 0");
    return n;
}

int main(int argc, char **argv)
{
    double exactly[TURNS_MAX], plainly[TURNS_MAX];
    if (argc < 2)
        die("usage: bench_exactly_once DATABASE_URI [TURNS [FLUSHES [ROWS]]]");
    struct bench b = {.turns = number(argc, argv, 2, TURNS),
        .flushes = number(argc, argv, 3, FLUSHES),
        .per_flush = number(argc, argv, 4, ROWS)};
    if (b.turns > TURNS_MAX)
        die("too many turns");
    open_database(&b, argv[1]);
    turn(&b, store_exactly_once); /* statements prepared, days made, caches warm */
    turn(&b, store_plainly);
    for (uint64_t i = 0; i < b.turns; i++) {
        exactly[i] = turn(&b, store_exactly_once);
        plainly[i] = turn(&b, store_plainly);
    }
    double with = median(exactly, b.turns), without = median(plainly, b.turns);
    double rows = (double)(b.flushes * b.per_flush);
    printf("{\"bench\":\"exactly_once\",\"turns\":%" PRIu64 ",\"flushes\":%" PRIu64 ",\"rows\":%" PRIu64
           ",\"plain_rows_per_s\":%.0f,\"exactly_once_rows_per_s\":%.0f,\"ratio\":%.3f}\n",
        b.turns, b.flushes, b.per_flush, rows / without, rows / with, without / with);
    pg_close(b.pg);
    known_days_free(b.days);
    rows_free(&b.rows);
    free(b.state);
    return 0;
}
