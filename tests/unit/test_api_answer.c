#include "api/answer.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

static int parked, woken;

static void park(void *ctx)
{
    (void)ctx;
    parked++;
}

static void wake(void *ctx)
{
    (void)ctx;
    woken++;
}

static struct answer *fresh(void)
{
    return answer_new(&(struct answer_wait){park, wake, NULL});
}

static void drop(struct answer *a)
{
    answer_release(a);
    answer_release(a);
}

Test(api_answer, a_short_one_is_told_when_it_is_complete)
{
    char got[16];
    struct answer *a = fresh();
    cr_assert_eq(answer_begin(a), ANSWER_PARKED);
    cr_assert_eq(answer_write(a, SPAN("abc")), 0);
    cr_assert_eq(woken, 0);
    answer_finish(a, 0);
    cr_assert_eq(woken, 1);
    cr_assert_eq(answer_begin(a), ANSWER_WHOLE);
    cr_assert_eq(answer_length(a), 3);
    cr_assert_eq(answer_read(a, got, sizeof got), 3);
    cr_assert_eq(answer_read(a, got, sizeof got), ERR_STOPPED);
    drop(a);
}

Test(api_answer, a_failure_hides_what_was_written)
{
    struct answer *a = fresh();
    answer_write(a, SPAN("half"));
    answer_finish(a, ERR_DBCONN);
    cr_assert_eq(answer_begin(a), ANSWER_WHOLE);
    cr_assert_eq(answer_result(a), ERR_DBCONN);
    cr_assert_eq(answer_length(a), 0);
    drop(a);
}

Test(api_answer, a_writer_whose_reader_is_gone_stops)
{
    struct answer *a = fresh();
    answer_abandon(a);
    cr_assert_eq(answer_write(a, SPAN("x")), ERR_STOPPED);
    answer_finish(a, 0);
    cr_assert_eq(woken, 0);
    drop(a);
}

enum { PARTS = 1000, PART_BYTES = 997 };

static void *write_much(void *arg)
{
    static char part[PART_BYTES];
    struct answer *a = arg;
    for (int i = 0; i < PARTS; i++) {
        memset(part, 'a' + i % 26, sizeof part);
        answer_write(a, span_from(part, sizeof part));
    }
    answer_finish(a, 0);
    answer_release(a);
    return NULL;
}

/* The reader asks again instead of sleeping when parked: the test's own wake-up. */
Test(api_answer, a_long_one_goes_through_bounded_memory_in_order, .timeout = 30)
{
    char buf[4096];
    size_t total = 0;
    pthread_t writer;
    struct answer *a = fresh();
    pthread_create(&writer, NULL, write_much, a);
    while (answer_begin(a) == ANSWER_PARKED)
        sched_yield();
    for (ptrdiff_t n; (n = answer_read(a, buf, sizeof buf)) != ERR_STOPPED;) {
        cr_assert_geq(n, 0);
        for (ptrdiff_t i = 0; i < n; i++, total++)
            cr_assert_eq(buf[i], (char)('a' + total / PART_BYTES % 26));
        cr_assert_lt(answer_length(a), ANSWER_KEEP_BYTES + PART_BYTES);
    }
    cr_assert_eq(total, (size_t)PARTS * PART_BYTES);
    pthread_join(writer, NULL);
    answer_release(a);
}

Test(api_answer, a_waiting_writer_can_be_broken_off, .timeout = 30)
{
    pthread_t writer;
    struct answer *a = fresh();
    pthread_create(&writer, NULL, write_much, a);
    while (answer_begin(a) == ANSWER_PARKED)
        sched_yield();
    answer_break(a);
    pthread_join(writer, NULL);
    answer_release(a);
}
