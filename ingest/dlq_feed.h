/*
 * dlq_feed.h — a thread that sends what stands in the table dead_letter on to the topic of dead letters, at
 * least once.
 *
 * Of all processes of a group one does it (an advisory lock of its own session). It owns its connection and
 * its producer: nothing it meets holds up reading. Threads start, end and free main.
 */
#ifndef IKEWATCH_INGEST_DLQ_FEED_H
#define IKEWATCH_INGEST_DLQ_FEED_H

#include "ingest/ingest.h"

struct dlq_feed; /* opaque */

/* @param options  outlive it. @return 0 and *out; ERR_NOMEM */
int dlq_feed_start(const struct ingest_options *options, struct dlq_feed **out);
void dlq_feed_end(struct dlq_feed *f);  /* asks it to end and returns; NULL is fine */
void dlq_feed_free(struct dlq_feed *f); /* waits for its end; NULL is fine */

#endif
