/*
 * job.h — step 5: lines of one charon thread become one job, the job finds its SA and tunnel, and its events
 * act on them.
 *
 * One worker thread of charon handles one job start to finish; a name from an earlier job on that thread
 * means nothing (messages.md 1.2). Keys, strongest first: uid, connection, CHILD_SA name, address pair with
 * message id, message id with timing.
 */
#ifndef IKEWATCH_CLASSIFY_JOB_H
#define IKEWATCH_CLASSIFY_JOB_H

#include "classify/state.h"

void job_event(struct classify *c, uint32_t device, const struct event *e);

/* No more lines will come: what waits for an earlier one is read as it stands. */
void job_finish(struct classify *c, uint32_t device);

#endif
