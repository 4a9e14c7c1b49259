/* The prefix property (design 3.2): what is stored after record P depends on the records before P alone,
 * whatever was committed, saved and loaded in between. */
#include "tests/support/content.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Collects into `content` what has changed. */
static void commit(struct classify *c, struct content *content)
{
    struct rows rows;
    rows_init(&rows);
    classify_collect(c, &rows);
    content_add(content, &rows);
    rows_free(&rows);
}

/* Is a commit due after record i? `every`: 0 only at the end, else after about every so many records,
 * irregularly. */
static bool due(size_t i, size_t every, uint32_t *noise)
{
    if (every == 0)
        return false;
    *noise = *noise * 1664525u + 1013904223u;
    return every == 1 || (*noise >> 16) % every == 0 || i == 0;
}

static char *run(const struct corpus *log, size_t records, size_t every, uint32_t seed)
{
    struct classify_options options = classify_defaults(corpus_catalogue());
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(corpus_catalogue());
    struct content *content = content_new();
    for (size_t i = 0; i < records; i++) {
        classify_feed(c, scratch, &log->records[i]);
        if (due(i, every, &seed))
            commit(c, content);
    }
    commit(c, content);
    char *text = content_text(content);
    content_free(content);
    match_scratch_free(scratch);
    classify_free(c);
    return text;
}

static void same_at_any_commit_points(const char *name, const struct corpus *log)
{
    char *once = run(log, log->count, 0, 1), *each = run(log, log->count, 1, 1),
         *some = run(log, log->count, 17, 42);
    cr_assert_str_eq(each, once, "%s: committed after every record", name);
    cr_assert_str_eq(some, once, "%s: committed at random", name);
    free(once);
    free(each);
    free(some);
}

Test(prefix, any_commit_points_store_the_same)
{
    corpus_each(same_at_any_commit_points);
}

/* Committed up to P and then cut off: what is stored is what a run over [0, P) alone stores. */
Test(prefix, what_is_stored_at_p_is_a_function_of_what_came_before)
{
    struct corpus log = corpus_load(CORPUS_DIR "/r-pfs-mismatch/messages", "vedge01");
    for (size_t p = 0; p < log.count; p += 13) {
        char *alone = run(&log, p, 0, 1), *each = run(&log, p, 1, 1);
        cr_assert_str_eq(each, alone, "at record %zu", p);
        free(alone);
        free(each);
    }
    corpus_free(&log);
}

/* The state goes through bytes at every record; nothing that follows may tell. */
static char *run_saved(const struct corpus *log, size_t every)
{
    struct classify_options options = classify_defaults(corpus_catalogue());
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(corpus_catalogue());
    struct content *content = content_new();
    for (size_t i = 0; i < log->count; i++) {
        classify_feed(c, scratch, &log->records[i]);
        if (i % every)
            continue;
        char *blob;
        size_t len;
        commit(c, content);
        cr_assert_eq(classify_save(c, &blob, &len), 0);
        classify_free(c);
        c = classify_new(&options);
        cr_assert_eq(classify_load(c, blob, len), 0);
        free(blob);
    }
    commit(c, content);
    char *text = content_text(content);
    content_free(content);
    match_scratch_free(scratch);
    classify_free(c);
    return text;
}

static void same_when_restored(const char *name, const struct corpus *log)
{
    char *once = run(log, log->count, 0, 1), *saved = run_saved(log, 7);
    cr_assert_str_eq(saved, once, "%s", name);
    free(once);
    free(saved);
}

Test(prefix, a_restored_state_goes_on_as_if_nothing_happened)
{
    corpus_each(same_when_restored);
}

/* The same of logs whose lines wait for each other. */
static void mixed_is_the_same(const char *name, const struct corpus *log)
{
    struct corpus mixed = corpus_mixed(log, 3);
    same_at_any_commit_points(name, &mixed);
    same_when_restored(name, &mixed);
    corpus_free(&mixed);
}

Test(prefix, lines_that_are_held_change_neither)
{
    corpus_each(mixed_is_the_same);
}

/* --- a verdict that may still turn says so
 * ------------------------------------------------------------------------------ */

enum { CAUSES_MAX = 16 };

struct causes {
    char slug[CAUSES_MAX][48];
    size_t count;
};

static bool known(const struct causes *c, struct span slug)
{
    for (size_t i = 0; i < c->count; i++)
        if (span_eq(span_of(c->slug[i]), slug))
            return true;
    return false;
}

/* The causes of all incidents as the whole log has them: of each incident the last that was handed out. */
static struct causes final_causes(const struct corpus *log)
{
    struct classify_options options = classify_defaults(corpus_catalogue());
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(corpus_catalogue());
    struct causes all = {.count = 0};
    struct rows rows;
    rows_init(&rows);
    for (size_t i = 0; i < log->count; i++)
        classify_feed(c, scratch, &log->records[i]);
    classify_collect(c, &rows);
    for (size_t i = 0; i < rows.incident_count && all.count < CAUSES_MAX; i++)
        span_copy(all.slug[all.count++], sizeof(all.slug[0]), rows.incident[i].cause);
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(c);
    return all;
}

static void cut_anywhere(const char *name, const struct corpus *log)
{
    struct causes whole = final_causes(log);
    struct classify_options options = classify_defaults(corpus_catalogue());
    struct classify *c = classify_new(&options);
    struct match_scratch *scratch = match_scratch_new(corpus_catalogue());
    struct rows rows;
    rows_init(&rows);
    for (size_t i = 0; i < log->count; i++) {
        classify_feed(c, scratch, &log->records[i]);
        rows_reset(&rows);
        classify_collect(c, &rows);
        for (size_t k = 0; k < rows.incident_count; k++) {
            const struct row_incident *r = &rows.incident[k];
            cr_assert(known(&whole, r->cause) || span_eq(r->confidence, SPAN("possible")),
                "%s cut after line %zu: %.*s, %.*s", name, i + 1, (int)r->cause.len, r->cause.ptr,
                (int)r->confidence.len, r->confidence.ptr);
        }
    }
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(c);
}

Test(prefix, a_log_cut_anywhere_has_no_cause_that_the_whole_has_not_unless_said_to_be_possible)
{
    corpus_each(cut_anywhere);
}
