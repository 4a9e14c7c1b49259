/* The search for a refused record, against a database that is a set of offsets. */
#include "ingest/poison.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* What became of records [0, count) of which `bad` are refused. */
struct run {
    size_t attempts, stored;
    int64_t dead[256];
    size_t dead_count;
    bool hopeless;
};

static bool is_bad(const int64_t *bad, size_t n, int64_t offset)
{
    for (size_t i = 0; i < n; i++)
        if (bad[i] == offset)
            return true;
    return false;
}

static struct run read_all(int64_t count, uint64_t batch, const int64_t *bad, size_t bad_count)
{
    struct run run = {0};
    struct poison p;
    poison_init(&p);
    for (int64_t position = 0; position < count && !run.hopeless && run.attempts < 100000; run.attempts++) {
        uint64_t limit = p.limit && p.limit < batch ? p.limit : batch;
        int64_t to = position + (int64_t)limit < count ? position + (int64_t)limit : count;
        bool refused = false;
        for (int64_t i = position; i < to; i++)
            refused = refused || (!poison_holds(&p, i) && is_bad(bad, bad_count, i));
        if (refused) {
            run.hopeless =
                poison_refused(&p, (uint64_t)(to - position), to - 1, "22000 no") == POISON_HOPELESS;
            continue;
        }
        for (int64_t i = position; i < to; i++)
            if (poison_holds(&p, i))
                run.dead[run.dead_count++ % 256] = i;
            else
                run.stored++;
        poison_passed(&p, (uint64_t)(to - position), to);
        position = to;
    }
    cr_assert(run.hopeless || p.limit == 0, "the batches grow again");
    poison_free(&p);
    return run;
}

Test(poison, one_record_is_found_wherever_it_stands)
{
    for (int64_t at = 0; at < 1000; at += 37) {
        struct run run = read_all(5000, 1000, &at, 1);
        cr_assert_not(run.hopeless);
        cr_assert_eq(run.dead_count, 1);
        cr_assert_eq(run.dead[0], at);
        cr_assert_eq(run.stored, 4999);
        cr_assert_lt(run.attempts, 5 + 2 * 10 + 12, "%zu attempts", run.attempts);
    }
}

Test(poison, each_of_several_is_found)
{
    static const int64_t bad[] = {0, 1, 2, 500, 999, 1000, 2999};
    struct run run = read_all(5000, 1000, bad, 7);
    cr_assert_not(run.hopeless);
    cr_assert_eq(run.dead_count, 7);
    for (size_t i = 0; i < 7; i++)
        cr_assert_eq(run.dead[i], bad[i]);
    cr_assert_eq(run.stored, 4993);
}

Test(poison, a_run_of_them_costs_two_transactions_each)
{
    int64_t bad[50];
    for (int64_t i = 0; i < 50; i++)
        bad[i] = 300 + i;
    struct run run = read_all(5000, 1000, bad, 50);
    cr_assert_eq(run.dead_count, 50);
    cr_assert_lt(run.attempts, 2 * 50 + 60, "%zu attempts", run.attempts);
}

Test(poison, it_gives_up_when_it_is_not_the_records)
{
    int64_t bad[1000];
    for (int64_t i = 0; i < 1000; i++)
        bad[i] = i;
    struct run run = read_all(1000, 100, bad, 1000);
    cr_assert(run.hopeless);
    cr_assert_leq(run.dead_count, POISON_BUDGET + 1);
}

Test(poison, a_refusal_without_a_record_is_nobodys_fault)
{
    struct poison p;
    poison_init(&p);
    cr_assert_eq(poison_refused(&p, 0, -1, "23000 no"), POISON_HOPELESS);
    cr_assert_eq(poison_refused(&p, 1, 7, "23000 no"), POISON_FOUND);
    cr_assert_eq(p.culprit, 7);
    cr_assert_eq(poison_refused(&p, 1, 7, "23000 the dead letter is refused"), POISON_HOPELESS);
    poison_free(&p);
}

Test(poison, what_was_refused_before_the_claim_stays_refused)
{
    struct poison p;
    int64_t *known = malloc(3 * sizeof(*known));
    known[0] = 4;
    known[1] = 9;
    known[2] = 1000;
    poison_init(&p);
    cr_assert_not(poison_holds(&p, 9));
    poison_know(&p, known, 3);
    cr_assert(poison_holds(&p, 9));
    cr_assert_not(poison_holds(&p, 10));
    poison_reset(&p);
    cr_assert(poison_holds(&p, 1000));
    poison_free(&p);
}
