#include "classify/base/log.h"
#include "ingest/ingest.h"
#include "ingest/member.h"
#include "ingest/slot.h"

#include <stdio.h>
#include <unistd.h>

struct tally {
    size_t left, running;
};

/* Only with the slot's lock in hand: a process that runs would be thrown out by its own name. */
static int leave_slot(const struct ingest_options *options, int slot, struct tally *tally)
{
    char member[SLOT_MEMBER_MAX];
    slot_member(options->group, options->topic, slot, member);
    int fd = slot_take_number(options->state_dir, options->group, slot);
    if (fd == ERR_FULL) {
        fprintf(stderr, "ikewatch leave: %s is running; stop it first\n", member);
        tally->running++;
        return 0;
    }
    if (fd < 0)
        return fd;
    int rc = member_present(options, member);
    if (rc == 1) {
        rc = member_leave(options, member);
        if (rc == 0) {
            printf("%s has left the group %s\n", member, options->group);
            tally->left++;
        }
    }
    close(fd);
    return rc;
}

static int leave(const struct ingest_options *options)
{
    struct tally tally = {0};
    int rc = 0, slots = slot_count(options->state_dir, options->group);
    for (int i = 0; rc == 0 && i < slots; i++)
        rc = leave_slot(options, i, &tally);
    if (rc == 0 && !tally.left && !tally.running)
        printf("no member of this host is in the group %s\n", options->group);
    return rc < 0 ? rc : tally.running ? 1 : 0;
}

int verb_leave(int argc, char **argv)
{
    int rest;
    int rc = settings_load("leave",
        "Removes the stopped members of this host from the consumer group at once, so that the others take "
        "over their partitions.",
        &ingest_settings, 1, argc, argv, &rest);
    if (rc == 0 && rest < argc) {
        fprintf(stderr, "ikewatch leave: \"%s\" is one argument too many\nSee `ikewatch leave --help`.\n",
            argv[rest]);
        rc = ERR_USAGE;
    }
    if (rc == 0) {
        log_init(LOG_LEVEL_INFO);
        rc = leave(&ingest_options);
    } else if (rc > 0) {
        rc = 0;
    }
    settings_free(&ingest_settings, 1);
    return rc;
}
