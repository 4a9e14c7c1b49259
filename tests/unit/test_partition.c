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
    const struct claim claim = {.epoch = 7,
        .position = position,
        .last_offset = LONG_NONE,
        .last_hash = LONG_NONE,
        .checkpoint_position = checkpoint_position,
        .checkpoint = checkpoint};
    cr_assert_eq(partition_take(p, &options, &claim), 0);
    partition_sought(p);
}

static enum partition_fed feed(int64_t offset, const char *text)
{
    const struct record r = {
        .value = span_of(text), .key = SPAN("vedge01"), .time_ms = 1743501600000, .offset = offset};
    return partition_feed(p, scratch, &r);
}

static const char good[] = "Apr  1 00:24:08 vedge01 charon: 05[IKE] x";

Test(partition, a_flush_holds_what_was_fed_since_the_last)
{
    take(0, LONG_NONE, SPAN_NONE);
    for (int64_t i = 0; i < 5; i++)
        cr_assert_eq(feed(i, i == 3 ? "" : good), PARTITION_FED);
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

Test(partition, a_record_that_comes_again_means_another_topic)
{
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good), PARTITION_FED);
    cr_assert_eq(feed(0, good), PARTITION_BACK);
    cr_assert_eq(p->next, 1);
}

Test(partition, a_hole_is_believed_when_it_is_there_again)
{
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good), PARTITION_FED);
    cr_assert_eq(feed(40, good), PARTITION_HOLE);
    cr_assert_eq(p->next, 1);
    cr_assert_eq(feed(40, good), PARTITION_FED);
    cr_assert_eq(p->next, 41);
}

Test(partition, what_a_transaction_leaves_at_the_end_is_passed)
{
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good), PARTITION_FED);
    cr_assert_eq(partition_end(p, 2), PARTITION_HOLE);
    cr_assert_eq(partition_end(p, 2), PARTITION_FED);
    cr_assert_eq(p->next, 2);
    partition_collect(p, 0, 2);
    partition_committed(p);
    cr_assert_eq(partition_end(p, 1), PARTITION_BACK, "it ends before what was read");
}

Test(partition, the_last_record_stored_is_met_again)
{
    take(4, LONG_NONE, SPAN_NONE);
    partition_skip(p, 4, false);
    cr_assert_eq(feed(4, good), PARTITION_FED);
    int64_t hash = p->last_hash;
    partition_drop(p);
    const struct claim claim = {
        .epoch = 8, .position = 5, .last_offset = 4, .last_hash = hash, .checkpoint_position = LONG_NONE};
    cr_assert_eq(partition_take(p, &options, &claim), 0);
    cr_assert_eq(feed(4, good), PARTITION_HOLE, "the rebuild begins at 0");
    cr_assert_eq(feed(4, good), PARTITION_FED);
    partition_drop(p);
    cr_assert_eq(partition_take(p, &options, &claim), 0);
    cr_assert_eq(feed(4, "another"), PARTITION_HOLE);
    cr_assert_eq(feed(4, "another"), PARTITION_ANEW);
}

Test(partition, what_is_rebuilt_is_not_written_again)
{
    take(3, LONG_NONE, SPAN_NONE);
    cr_assert(p->muted);
    for (int64_t i = 0; i < 3; i++)
        cr_assert_eq(feed(i, ""), PARTITION_FED);
    cr_assert_eq(p->rows.dead_letter_count, 0);
    cr_assert_eq(feed(3, ""), PARTITION_FED);
    cr_assert_not(p->muted);
    partition_collect(p, 0, -1);
    cr_assert_eq(p->rows.dead_letter_count, 1);
    cr_assert_eq(p->flush.from, 3);
    cr_assert_eq(p->flush.to, 4);
}

Test(partition, the_end_of_the_partition_ends_a_rebuild)
{
    take(3, LONG_NONE, SPAN_NONE);
    cr_assert_eq(partition_end(p, 2), PARTITION_BACK);
    cr_assert(p->muted);
    cr_assert_eq(partition_end(p, 3), PARTITION_HOLE);
    cr_assert_eq(partition_end(p, 3), PARTITION_FED);
    cr_assert_not(p->muted);
    cr_assert_eq(p->next, 3);
}

Test(partition, a_checkpoint_brings_the_state_back)
{
    char *blob;
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good), PARTITION_FED);
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
    const struct claim claim = {.epoch = 7,
        .position = 10,
        .last_offset = LONG_NONE,
        .last_hash = LONG_NONE,
        .checkpoint_position = 8,
        .checkpoint = SPAN("not a checkpoint")};
    cr_assert_eq(partition_take(p, &options, &claim), ERR_STALE);
    cr_assert(p->muted);
    cr_assert_eq(p->next, 0);
    cr_assert_not_null(p->classify);
}

Test(partition, a_state_too_large_is_not_saved)
{
    take(0, LONG_NONE, SPAN_NONE);
    cr_assert_eq(feed(0, good), PARTITION_FED);
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
