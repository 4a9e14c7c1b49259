/* The memory of one partition: what is fed, what is thrown away, what a flush holds. */
#include "ingest/partition.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct ingest_options ingest = {.group = (char *)"g", .topic = (char *)"t"};
static struct catalogue *catalogue;
static struct match_scratch *scratch;
static struct classify_options options;
static struct partition *p;

static void open_partition(void)
{
    char error[256];
    catalogue = catalogue_builtin(error, sizeof(error));
    cr_assert_not_null(catalogue, "%s", error);
    scratch = match_scratch_new(catalogue);
    options = classify_defaults(catalogue);
    p = partition_new(&ingest, 3);
    cr_assert_not_null(p);
}

static void close_partition(void)
{
    partition_free(p);
    match_scratch_free(scratch);
    catalogue_free(catalogue);
}

TestSuite(partition, .init = open_partition, .fini = close_partition);

static void take(int64_t position, int64_t checkpoint_position, struct span checkpoint)
{
    const struct claim claim = {7, position, checkpoint_position, checkpoint};
    cr_assert_eq(partition_take(p, &options, &claim), 0);
    p->state = PARTITION_READING;
    p->fresh = true;
}

static enum partition_fed feed(int64_t offset, const char *text, int64_t *gap)
{
    const struct record r = {
        .value = span_of(text), .key = SPAN("vedge01"), .time_ms = 1743501600000, .offset = offset};
    return partition_feed(p, scratch, &r, gap);
}

static const char good[] = "Apr  1 00:24:08 vedge01 charon: 05[IKE] x";

Test(partition, a_flush_holds_what_was_fed_since_the_last)
{
    int64_t gap;
    take(0, LONG_NONE, SPAN_NONE);
    for (int64_t i = 0; i < 5; i++)
        cr_assert_eq(feed(i, i == 3 ? "" : good, &gap), PARTITION_FED);
    partition_collect(p, 0, 9);
    cr_assert_eq(p->flush.epoch, 7);
    cr_assert_eq(p->flush.from, 0);
    cr_assert_eq(p->flush.to, 5);
    cr_assert_eq(p->flush.end_offset, 9);
    cr_assert_eq(p->flush.key.partition, 3);
    cr_assert_null(p->flush.checkpoint.ptr);
    cr_assert_eq(p->rows.dead_letter_count, 1);
    cr_assert_eq(p->rows.dead_letter->source_offset, 3);
    partition_committed(p);
    cr_assert_eq(p->position, 5);
    cr_assert_eq(p->lag, 4);
    cr_assert_eq(rows_count(&p->rows), 0);
    cr_assert_not(p->collected);
}

Test(partition, a_record_had_before_is_ignored)
{
    int64_t gap;
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good, &gap), PARTITION_FED);
    cr_assert_eq(feed(0, good, &gap), PARTITION_IGNORED);
    cr_assert_eq(p->next, 1);
}

Test(partition, a_hole_is_believed_when_it_is_there_again)
{
    int64_t gap;
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good, &gap), PARTITION_FED);
    p->fresh = true;
    cr_assert_eq(feed(40, good, &gap), PARTITION_HOLE);
    cr_assert_eq(p->next, 1);
    cr_assert_eq(feed(40, good, &gap), PARTITION_FED);
    cr_assert_eq(gap, 39);
    cr_assert_eq(p->next, 41);
    cr_assert_eq(feed(43, good, &gap), PARTITION_FED, "within the stream a transaction's marker is no hole");
    cr_assert_eq(gap, 0);
}

Test(partition, a_first_start_behind_the_oldest_record_is_no_gap)
{
    int64_t gap;
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(100, good, &gap), PARTITION_HOLE);
    cr_assert_eq(feed(100, good, &gap), PARTITION_FED);
    cr_assert_eq(gap, 0);
}

Test(partition, what_is_rebuilt_is_not_written_again)
{
    int64_t gap;
    take(3, LONG_NONE, SPAN_NONE);
    cr_assert(p->muted);
    for (int64_t i = 0; i < 3; i++)
        cr_assert_eq(feed(i, "", &gap), PARTITION_FED);
    cr_assert_eq(p->rows.dead_letter_count, 0);
    cr_assert_eq(feed(3, "", &gap), PARTITION_FED);
    cr_assert_not(p->muted);
    partition_collect(p, 0, -1);
    cr_assert_eq(p->rows.dead_letter_count, 1);
    cr_assert_eq(p->flush.from, 3);
    cr_assert_eq(p->flush.to, 4);
}

Test(partition, the_end_of_the_partition_ends_a_rebuild)
{
    take(3, LONG_NONE, SPAN_NONE);
    partition_end(p, 2);
    cr_assert(p->muted);
    partition_end(p, 3);
    cr_assert_not(p->muted);
    cr_assert_eq(p->next, 3);
}

Test(partition, a_checkpoint_brings_the_state_back)
{
    int64_t gap;
    char *blob;
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good, &gap), PARTITION_FED);
    partition_collect(p, 1 << 20, 1);
    cr_assert_not_null(p->flush.checkpoint.ptr);
    size_t len = p->flush.checkpoint.len;
    blob = malloc(len);
    memcpy(blob, p->flush.checkpoint.ptr, len);
    partition_committed(p);
    cr_assert_eq(p->checkpointed, 1);
    partition_drop(p);
    take(1, 1, span_from(blob, len));
    cr_assert_not(p->muted);
    cr_assert_eq(p->next, 1);
    free(blob);
}

Test(partition, a_damaged_checkpoint_is_rebuilt_from)
{
    const struct claim claim = {7, 10, 8, SPAN("not a checkpoint")};
    cr_assert_eq(partition_take(p, &options, &claim), ERR_STALE);
    cr_assert(p->muted);
    cr_assert_eq(p->next, 0);
    cr_assert_not_null(p->classify);
}

Test(partition, a_state_too_large_is_not_saved)
{
    int64_t gap;
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good, &gap), PARTITION_FED);
    partition_collect(p, 1, 1);
    cr_assert_null(p->flush.checkpoint.ptr);
}

Test(partition, a_checkpoint_is_due_by_what_a_replay_would_cost)
{
    take(0, LONG_NONE, SPAN_NONE);
    p->feed_ns = 1999999999;
    cr_assert_not(partition_checkpoint_due(p));
    p->feed_ns = 2000000000;
    cr_assert(partition_checkpoint_due(p));
    p->checkpoint_cost_ns = 300000000;
    cr_assert_not(partition_checkpoint_due(p));
    p->feed_ns = 3000000000;
    cr_assert(partition_checkpoint_due(p));
}
