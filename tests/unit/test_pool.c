#include "classify/pool.h"

#include <criterion/criterion.h>

Test(pool, handles_are_reused_and_items_come_cleared)
{
    struct pool p;
    pool_init(&p, sizeof(int), 1000);
    uint32_t a = pool_take(&p), b = pool_take(&p);
    cr_assert(a && b && a != b);
    *(int *)pool_at(&p, a) = 7;
    pool_give(&p, a);
    cr_assert(!pool_live(&p, a));
    cr_assert_eq(pool_take(&p), a);
    cr_assert_eq(*(int *)pool_at(&p, a), 0);
    cr_assert_eq(pool_count(&p), 2);
    pool_close(&p);
}

Test(pool, a_full_pool_says_so_and_items_stay_where_they_are)
{
    struct pool p;
    pool_init(&p, 16, 700);
    uint32_t first = pool_take(&p);
    void *where = pool_at(&p, first);
    for (int i = 1; i < 700; i++)
        cr_assert(pool_take(&p));
    cr_assert_eq(pool_take(&p), 0);
    cr_assert_eq(pool_at(&p, first), where);
    pool_close(&p);
}

Test(pool, giving_back_twice_or_nothing_is_harmless)
{
    struct pool p;
    pool_init(&p, 16, 10);
    uint32_t a = pool_take(&p);
    pool_give(&p, 0);
    pool_give(&p, a);
    pool_give(&p, a);
    cr_assert_eq(pool_count(&p), 0);
    pool_close(&p);
}

Test(index, keys_survive_growth_and_the_removal_of_their_neighbours)
{
    struct index x = {0};
    for (uint64_t k = 1; k <= 5000; k++)
        cr_assert(index_put(&x, k * 64, (uint32_t)k)); /* all in the same few slots of a small table */
    for (uint64_t k = 1; k <= 5000; k += 2)
        index_drop(&x, k * 64);
    for (uint64_t k = 1; k <= 5000; k++)
        cr_assert_eq(index_get(&x, k * 64), k % 2 ? 0 : (uint32_t)k);
    cr_assert_eq(x.count, 2500);
    index_drop(&x, 12345);
    index_close(&x);
    cr_assert_eq(index_get(&x, 64), 0);
}
