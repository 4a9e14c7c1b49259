/*
 * mailbox.h — commands from the consumer's thread to a worker, and the wait until they are carried out.
 *
 * Threads any may put and wait; one takes.
 */
#ifndef IKEWATCH_INGEST_MAILBOX_H
#define IKEWATCH_INGEST_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_kind {
    COMMAND_ASSIGN,
    COMMAND_REVOKE,
    COMMAND_LOST,
    COMMAND_REREAD,
    COMMAND_ANNOUNCE,
    COMMAND_KNOW,
    COMMAND_STOP
};

struct command {
    enum command_kind kind;
    int32_t number; /* a partition; of ANNOUNCE their count */
};

struct mailbox {
    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    struct command *list;
    size_t count, cap;
    uint64_t put, done;
};

int mailbox_init(struct mailbox *m); /* @return 0 or ERR_NOMEM */
void mailbox_free(struct mailbox *m);

void mailbox_put(struct mailbox *m, struct command c);

/* The oldest, @return false: none */
bool mailbox_take(struct mailbox *m, struct command *out);
/* The one taken last is carried out. */
void mailbox_done(struct mailbox *m);

/* Until a command is there, at most wait_ms. @thread the taker */
void mailbox_idle(struct mailbox *m, int64_t wait_ms);

/* Until all that was put is carried out. @param deadline_ms  CLOCK_MONOTONIC. @return false: it passed */
bool mailbox_wait(struct mailbox *m, int64_t deadline_ms);

/* CLOCK_MONOTONIC in ms. */
int64_t mailbox_now_ms(void);

#endif
