#include "api/answer.h"

#include <pthread.h>
#include <stdlib.h>

struct answer {
    pthread_mutex_t lock; /* all below */
    pthread_cond_t drained;
    struct answer_wait wait;
    char *bytes;
    size_t start, len, cap; /* unread: bytes[start .. start + len) */
    int references, rc;
    bool parked, finished, abandoned, broken, streaming;
};

struct answer *answer_new(const struct answer_wait *wait)
{
    struct answer *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->drained, NULL);
    a->wait = *wait;
    a->references = 2;
    return a;
}

void answer_release(struct answer *a)
{
    pthread_mutex_lock(&a->lock);
    bool last = --a->references == 0;
    pthread_mutex_unlock(&a->lock);
    if (!last)
        return;
    pthread_cond_destroy(&a->drained);
    pthread_mutex_destroy(&a->lock);
    free(a->bytes);
    free(a);
}

static void wake(struct answer *a)
{
    if (!a->parked)
        return;
    a->parked = false;
    a->wait.wake(a->wait.ctx);
}

static void park(struct answer *a)
{
    a->parked = true;
    a->wait.park(a->wait.ctx);
}

/* Room for `more` bytes behind the unread ones. */
static bool make_room(struct answer *a, size_t more)
{
    if (a->start + a->len + more <= a->cap)
        return true;
    if (a->len)
        memmove(a->bytes, a->bytes + a->start, a->len);
    a->start = 0;
    if (a->len + more <= a->cap)
        return true;
    size_t cap = a->cap ? a->cap : 4096;
    while (cap < a->len + more)
        cap *= 2;
    char *grown = realloc(a->bytes, cap);
    if (!grown)
        return false;
    a->bytes = grown;
    a->cap = cap;
    return true;
}

int answer_write(struct answer *a, struct span part)
{
    int rc = 0;
    pthread_mutex_lock(&a->lock);
    while (a->len >= ANSWER_KEEP_BYTES && !a->abandoned && !a->broken)
        pthread_cond_wait(&a->drained, &a->lock);
    if (a->abandoned || a->broken) {
        rc = ERR_STOPPED;
    } else if (!make_room(a, part.len)) {
        rc = ERR_NOMEM;
    } else if (part.len) {
        memcpy(a->bytes + a->start + a->len, part.ptr, part.len);
        a->len += part.len;
        a->streaming |= a->len >= ANSWER_KEEP_BYTES;
        if (a->streaming)
            wake(a);
    }
    pthread_mutex_unlock(&a->lock);
    return rc;
}

void answer_finish(struct answer *a, int rc)
{
    pthread_mutex_lock(&a->lock);
    a->finished = true;
    a->rc = rc;
    if (rc)
        a->len = 0;
    if (!a->abandoned)
        wake(a);
    pthread_mutex_unlock(&a->lock);
}

void answer_break(struct answer *a)
{
    pthread_mutex_lock(&a->lock);
    a->broken = true;
    pthread_cond_signal(&a->drained);
    pthread_mutex_unlock(&a->lock);
}

enum answer_head answer_begin(struct answer *a)
{
    pthread_mutex_lock(&a->lock);
    enum answer_head head = ANSWER_PARKED;
    if (a->streaming)
        head = ANSWER_STREAM;
    else if (a->finished)
        head = ANSWER_WHOLE;
    else
        park(a);
    pthread_mutex_unlock(&a->lock);
    return head;
}

int answer_result(struct answer *a)
{
    pthread_mutex_lock(&a->lock);
    int rc = a->rc;
    pthread_mutex_unlock(&a->lock);
    return rc;
}

size_t answer_length(struct answer *a)
{
    pthread_mutex_lock(&a->lock);
    size_t len = a->len;
    pthread_mutex_unlock(&a->lock);
    return len;
}

ptrdiff_t answer_read(struct answer *a, char *buf, size_t cap)
{
    ptrdiff_t n = 0;
    pthread_mutex_lock(&a->lock);
    if (a->len) {
        n = (ptrdiff_t)(a->len < cap ? a->len : cap);
        memcpy(buf, a->bytes + a->start, (size_t)n);
        a->start += (size_t)n;
        a->len -= (size_t)n;
        pthread_cond_signal(&a->drained);
    } else if (a->finished) {
        n = a->rc ? a->rc : ERR_STOPPED;
    } else {
        park(a);
    }
    pthread_mutex_unlock(&a->lock);
    return n;
}

void answer_abandon(struct answer *a)
{
    pthread_mutex_lock(&a->lock);
    a->abandoned = true;
    a->parked = false;
    pthread_cond_signal(&a->drained);
    pthread_mutex_unlock(&a->lock);
}
