#include "ingest/group.h"
#include "ingest/orphan.h"

#include <criterion/criterion.h>

static unsigned looks_until_it_acts(struct orphan_look look)
{
    struct orphan_watch w = {0};
    unsigned looks = 1;
    while (looks < 50 && !orphan_watch_count(&w, &look))
        looks++;
    return looks;
}

Test(orphan, members_take_turns_by_their_rank)
{
    unsigned first =
        looks_until_it_acts((struct orphan_look){.members = 3, .rank = 0, .without = 2, .stable = true});
    unsigned last =
        looks_until_it_acts((struct orphan_look){.members = 3, .rank = 2, .without = 2, .stable = true});
    cr_assert_gt(first, 1, "one look may fall between two halves of a rebalance");
    cr_assert_eq(last, first + 2);
}

Test(orphan, a_look_that_finds_none_starts_the_count_anew)
{
    struct orphan_watch w = {0};
    const struct orphan_look some = {.members = 1, .without = 1, .stable = true},
                             none = {.members = 1, .stable = true};
    unsigned needed = looks_until_it_acts(some);
    for (unsigned i = 1; i < needed; i++)
        cr_assert_not(orphan_watch_count(&w, &some));
    cr_assert_not(orphan_watch_count(&w, &none));
    for (unsigned i = 1; i < needed; i++)
        cr_assert_not(orphan_watch_count(&w, &some));
    cr_assert(orphan_watch_count(&w, &some));
    cr_assert_not(orphan_watch_count(&w, &some), "having acted, it waits as long again");
}

Test(orphan, nothing_is_said_of_a_group_under_way)
{
    cr_assert_eq(looks_until_it_acts((struct orphan_look){.members = 2, .without = 8, .stable = false}), 50);
}

/* version 1; two topics; user data of none */
#define ASSIGNMENT                                                                                           \
    "\0\1"                                                                                                   \
    "\0\0\0\2"                                                                                               \
    "\0\6"                                                                                                   \
    "charon"                                                                                                 \
    "\0\0\0\3"                                                                                               \
    "\0\0\0\0"                                                                                               \
    "\0\0\0\3"                                                                                               \
    "\0\0\0\7"                                                                                               \
    "\0\5"                                                                                                   \
    "other"                                                                                                  \
    "\0\0\0\1"                                                                                               \
    "\0\0\0\1"                                                                                               \
    "\0\0\0\0"

Test(orphan, an_assignment_names_partitions_of_topics)
{
    bool owned[4] = {false};
    struct span bytes = span_from(ASSIGNMENT, sizeof(ASSIGNMENT) - 1);
    cr_assert(group_assignment(bytes, SPAN("charon"), owned, 4));
    cr_assert(owned[0] && !owned[1] && !owned[2] && owned[3], "the seventh is beyond what is known");
    for (size_t len = 0; len < bytes.len - 4; len++)
        cr_assert_not(
            group_assignment(span_from(bytes.ptr, len), SPAN("charon"), owned, 4), "cut at %zu", len);
}

Test(orphan, a_static_member_is_known_by_its_id)
{
    struct rd_kafka_group_member_info one = {.member_id = "g-host-1-t-01234567-89ab-cdef-0123-456789abcdef"};
    cr_assert(group_member_is(&one, "g-host-1-t"));
    cr_assert_not(group_member_is(&one, "g-host-1"));
    cr_assert_not(group_member_is(&one, "g-host-1-u"));
}
