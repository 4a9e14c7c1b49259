#include "ingest/mailbox.h"

#include <criterion/criterion.h>

Test(mailbox, commands_come_out_in_order)
{
    struct mailbox m;
    struct command c;
    cr_assert_eq(mailbox_init(&m), 0);
    for (int i = 0; i < 200; i++)
        mailbox_put(&m, (struct command){COMMAND_ASSIGN, i});
    for (int i = 0; i < 200; i++) {
        cr_assert(mailbox_take(&m, &c));
        cr_assert_eq(c.number, i);
    }
    cr_assert_not(mailbox_take(&m, &c));
    mailbox_free(&m);
}

Test(mailbox, a_wait_ends_when_all_is_done)
{
    struct mailbox m;
    struct command c;
    cr_assert_eq(mailbox_init(&m), 0);
    mailbox_put(&m, (struct command){COMMAND_REVOKE, 1});
    cr_assert(mailbox_take(&m, &c));
    cr_assert_not(mailbox_wait(&m, 0), "taken is not yet carried out");
    mailbox_done(&m);
    cr_assert(mailbox_wait(&m, 0));
    mailbox_free(&m);
}
