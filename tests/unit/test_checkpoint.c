/* A state that went through bytes equals, field by field, the one that never stopped (design 3.4). */
#include "classify/state.h"
#include "tests/support/content.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void same_pool(
    const char *where, const char *name, const struct pool *a, const struct pool *b, size_t record)
{
    cr_assert_eq(a->used, b->used, "%s at %zu: handles of %s", where, record, name);
    cr_assert_eq(a->free_count, b->free_count, "%s at %zu: free %s", where, record, name);
    for (uint32_t i = 0; i < a->free_count; i++)
        cr_assert_eq(a->free_list[i], b->free_list[i], "%s at %zu: free %s, %u", where, record, name, i);
    for (uint32_t h = 1; h <= a->used; h++) {
        cr_assert_eq(pool_live(a, h), pool_live(b, h), "%s at %zu: %s %u", where, record, name, h);
        const unsigned char *x = pool_at(a, h), *y = pool_at(b, h);
        for (size_t i = 0; pool_live(a, h) && i < a->item_bytes; i++)
            if (x[i] != y[i])
                cr_assert_fail("%s at %zu: %s %u differs at byte %zu", where, record, name, h, i);
    }
}

static void same_index(
    const char *where, const char *name, const struct index *a, const struct index *b, size_t record)
{
    cr_assert_eq(a->count, b->count, "%s at %zu: size of index %s", where, record, name);
    for (uint32_t i = 0; i < a->cap; i++)
        if (a->values[i])
            cr_assert_eq(index_get(b, a->keys[i]), a->values[i], "%s at %zu: index %s", where, record, name);
}

static void same_state(const char *where, const struct classify *a, const struct classify *b, size_t record)
{
#define POOL(member) same_pool(where, #member, &a->member, &b->member, record)
#define INDEX(member) same_index(where, #member, &a->member, &b->member, record)
    POOL(devices);
    POOL(jobs);
    POOL(sas);
    POOL(exchanges);
    POOL(tunnels);
    POOL(incidents);
    POOL(evidence);
    POOL(proposals);
    POOL(payloads);
    POOL(parked);
    POOL(held);
    INDEX(device_index);
    INDEX(uid_index);
    INDEX(pair_index);
    INDEX(name_index);
    INDEX(payload_index);
    INDEX(spi_index);
#undef POOL
#undef INDEX
    cr_assert_eq(a->watermark_ms, b->watermark_ms, "%s at %zu", where, record);
    cr_assert_eq(a->first_holding, b->first_holding, "%s at %zu: devices that hold lines", where, record);
    cr_assert_eq(a->held_due_ms, b->held_due_ms, "%s at %zu: when they are due", where, record);
    cr_assert_eq(memcmp(&a->counts, &b->counts, sizeof(a->counts)), 0, "%s at %zu: counts", where, record);
}

static struct classify *fresh(void)
{
    struct classify_options options = classify_defaults(corpus_catalogue());
    struct classify *c = classify_new(&options);
    cr_assert_not_null(c);
    return c;
}

/* What a flush does: everything that changed is handed out. */
static void collect(struct classify *c)
{
    struct rows rows;
    rows_init(&rows);
    classify_collect(c, &rows);
    rows_free(&rows);
}

static struct classify *restarted(const struct classify *from)
{
    char *blob;
    size_t len;
    cr_assert_eq(classify_save(from, &blob, &len), 0);
    struct classify *c = fresh();
    cr_assert_eq(classify_load(c, blob, len), 0);
    free(blob);
    return c;
}

/* One goes on; the other is stopped, saved and loaded at every record. */
static void stopped_at_every_record(const char *name, const struct corpus *log)
{
    struct match_scratch *scratch = match_scratch_new(corpus_catalogue());
    struct classify *steady = fresh(), *stopped = fresh();
    for (size_t i = 0; i < log->count; i++) {
        classify_feed(steady, scratch, &log->records[i]);
        classify_feed(stopped, scratch, &log->records[i]);
        collect(steady);
        collect(stopped);
        struct classify *again = restarted(stopped);
        classify_free(stopped);
        stopped = again;
        same_state(name, steady, stopped, i);
    }
    classify_free(steady);
    classify_free(stopped);
    match_scratch_free(scratch);
}

Test(checkpoint, a_state_saved_and_loaded_at_every_record_is_the_one_that_never_stopped)
{
    corpus_each(stopped_at_every_record);
}

static void stopped_while_lines_are_held(const char *name, const struct corpus *log)
{
    struct corpus mixed = corpus_mixed(log, 5);
    stopped_at_every_record(name, &mixed);
    corpus_free(&mixed);
}

Test(checkpoint, a_state_that_holds_lines_is_saved_with_them)
{
    struct corpus log = corpus_load(CORPUS_DIR "/o-peer-delete-reinitiated/messages", "vedge01");
    stopped_while_lines_are_held("o-peer-delete-reinitiated", &log);
    corpus_free(&log);
}

/* Feeds records [from, to); what changed goes to `content`, or nowhere: a muted replay. */
static void feed(
    struct classify *c, const struct corpus *log, size_t from, size_t to, struct content *content)
{
    struct match_scratch *scratch = match_scratch_new(corpus_catalogue());
    struct rows rows;
    rows_init(&rows);
    for (size_t i = from; i < to; i++)
        classify_feed(c, scratch, &log->records[i]);
    classify_collect(c, &rows);
    if (content)
        content_add(content, &rows);
    rows_free(&rows);
    match_scratch_free(scratch);
}

/* What is stored when the process dies after the flush at `position`, the last checkpoint lying `behind` it.
 */
static char *stored_after_a_death(const struct corpus *log, size_t behind, size_t position)
{
    struct content *content = content_new();
    struct classify *c = fresh();
    feed(c, log, 0, position - behind, content);
    struct classify *next = restarted(c);
    feed(c, log, position - behind, position, content);
    classify_free(c);
    feed(next, log, position - behind, position, NULL);
    feed(next, log, position, log->count, content);
    classify_free(next);
    char *text = content_text(content);
    content_free(content);
    return text;
}

static void killed_anywhere(const char *name, const struct corpus *log)
{
    struct content *content = content_new();
    struct classify *steady = fresh();
    feed(steady, log, 0, log->count, content);
    char *whole = content_text(content);
    for (size_t position = 11; position <= log->count; position += 37) {
        char *text = stored_after_a_death(log, position % 53 % position, position);
        cr_assert_str_eq(text, whole, "%s killed at %zu", name, position);
        free(text);
    }
    free(whole);
    content_free(content);
    classify_free(steady);
}

Test(checkpoint, a_replay_behind_a_checkpoint_stores_what_would_have_been_stored)
{
    corpus_each(killed_anywhere);
}
