#include "ingest/slot.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64];

static void make_dir(void)
{
    strncpy(dir, "/tmp/ikewatch-slot-XXXXXX", sizeof(dir) - 1);
    cr_assert_not_null(mkdtemp(dir));
}

static void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", dir);
    cr_assert_eq(system(command), 0);
}

TestSuite(slot, .init = make_dir, .fini = remove_dir);

Test(slot, processes_of_one_group_get_different_numbers)
{
    int first, second, other;
    int a = slot_take(dir, "g", &first), b = slot_take(dir, "g", &second), c = slot_take(dir, "h/i", &other);
    cr_assert(a >= 0 && b >= 0 && c >= 0);
    cr_assert_eq(first, 0);
    cr_assert_eq(second, 1);
    cr_assert_eq(other, 0);
    close(a);
    close(b);
    close(c);
}

Test(slot, a_number_given_back_is_taken_again)
{
    int number;
    int a = slot_take(dir, "g", &number), b = slot_take(dir, "g", &number);
    close(a);
    int c = slot_take(dir, "g", &number);
    cr_assert(c >= 0);
    cr_assert_eq(number, 0);
    close(b);
    close(c);
}

Test(slot, the_state_directory_is_made)
{
    char deeper[128];
    int number;
    snprintf(deeper, sizeof(deeper), "%s/a/b", dir);
    int a = slot_take(deeper, "g", &number);
    cr_assert(a >= 0);
    close(a);
}

Test(slot, a_directory_that_cannot_be_made_is_refused)
{
    int number;
    cr_assert_eq(slot_take("/dev/null/x", "g", &number), ERR_CONFIG);
}

Test(slot, a_member_is_named_for_group_host_number_and_topic)
{
    char name[SLOT_MEMBER_MAX], host[128] = "", want[300];
    gethostname(host, sizeof(host) - 1);
    slot_member("ike/watch", "charon", 3, name);
    snprintf(want, sizeof(want), "ike_watch-%s-3-charon", host);
    cr_assert_str_eq(name, want);
}

Test(slot, a_member_is_no_longer_than_kafka_takes)
{
    static char topic[300];
    char name[SLOT_MEMBER_MAX];
    memset(topic, 't', sizeof(topic) - 1);
    slot_member("g", topic, 0, name);
    cr_assert_eq(strlen(name), SLOT_MEMBER_MAX - 1);
}
