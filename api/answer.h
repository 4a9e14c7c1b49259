/*
 * answer.h — the body of an answer on its way from the database thread that writes it to the HTTP thread that
 * sends it.
 *
 * Flow    a short answer is kept until it is complete, so that a failure can still become a status of its
 * own; one longer than ANSWER_KEEP_BYTES is sent as it comes, and the writer waits while the reader is that
 * far behind. Threads one writer, one reader, any threads; each holds a reference.
 */
#ifndef IKEWATCH_API_ANSWER_H
#define IKEWATCH_API_ANSWER_H

#include "classify/base/err.h"
#include "classify/base/span.h"

struct answer; /* opaque */

enum { ANSWER_KEEP_BYTES = 64 * 1024 };

/* Called with the answer's lock held, in this order: `park` by the reader's thread, then `wake` by the
 * writer's. Neither may call back. */
struct answer_wait {
    void (*park)(void *ctx); /* the reader has nothing to do */
    void (*wake)(void *ctx); /* now it has */
    void *ctx;
};

/* With two references: reader's and writer's. @return NULL if memory is short */
struct answer *answer_new(const struct answer_wait *wait);
void answer_release(struct answer *a);

/* Writer. @return 0; ERR_STOPPED: nobody reads any more; ERR_NOMEM */
int answer_write(struct answer *a, struct span part);
/* @param rc  0 or why it failed; what was not sent of a failed answer is dropped */
void answer_finish(struct answer *a, int rc);

/* Anybody: the writer's next write fails, so that it finishes soon. */
void answer_break(struct answer *a);

enum answer_head {
    ANSWER_PARKED, /* nothing known yet: park() was called */
    ANSWER_WHOLE,  /* complete: answer_result(), then answer_length() bytes can be read */
    ANSWER_STREAM, /* long: read until the end */
};

/* Reader: what to do first; parks when nothing is known. */
enum answer_head answer_begin(struct answer *a);
int answer_result(struct answer *a); /* of a finished answer */
size_t answer_length(struct answer *a);
/* @return bytes; 0: nothing now, parked; ERR_STOPPED: the end; another error: it broke off */
ptrdiff_t answer_read(struct answer *a, char *buf, size_t cap);
void answer_abandon(struct answer *a); /* the reader is gone: writes fail from now on */

#endif
