#include "ingest/mailbox.h"

#include "classify/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t mailbox_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int mailbox_init(struct mailbox *m)
{
    pthread_condattr_t attr;
    *m = (struct mailbox){0};
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int rc = pthread_mutex_init(&m->lock, NULL) || pthread_cond_init(&m->changed, &attr) ? ERR_NOMEM : 0;
    pthread_condattr_destroy(&attr);
    return rc;
}

void mailbox_free(struct mailbox *m)
{
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->changed);
    free(m->list);
}

void mailbox_put(struct mailbox *m, struct command c)
{
    pthread_mutex_lock(&m->lock);
    if (m->count == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 64;
        struct command *grown = realloc(m->list, m->cap * sizeof(*grown));
        if (!grown) {
            fputs("ikewatch: out of memory for a command\n", stderr);
            abort();
        }
        m->list = grown;
    }
    m->list[m->count++] = c;
    m->put++;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

bool mailbox_take(struct mailbox *m, struct command *out)
{
    pthread_mutex_lock(&m->lock);
    bool any = m->count > 0;
    if (any) {
        *out = m->list[0];
        memmove(m->list, m->list + 1, --m->count * sizeof(*m->list));
    }
    pthread_mutex_unlock(&m->lock);
    return any;
}

void mailbox_done(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->done++;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

static struct timespec instant(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
}

void mailbox_idle(struct mailbox *m, int64_t wait_ms)
{
    struct timespec until = instant(mailbox_now_ms() + wait_ms);
    int rc = 0;
    pthread_mutex_lock(&m->lock);
    while (m->count == 0 && rc == 0)
        rc = pthread_cond_timedwait(&m->changed, &m->lock, &until);
    pthread_mutex_unlock(&m->lock);
}

bool mailbox_wait(struct mailbox *m, int64_t deadline_ms)
{
    struct timespec until = instant(deadline_ms);
    int rc = 0;
    pthread_mutex_lock(&m->lock);
    while (m->done < m->put && rc == 0)
        rc = pthread_cond_timedwait(&m->changed, &m->lock, &until);
    bool all = m->done >= m->put;
    pthread_mutex_unlock(&m->lock);
    return all;
}
