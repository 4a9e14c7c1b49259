/*
 * parked.h — lines that came before what they answer.
 *
 * A stamp has seconds, and threads of charon reach the log in any order within one: a response can stand
 * before its request. Such a line waits, and with it the later lines of its thread, until the request came or
 * the device's clock moved on a second; then it is read as it stands. In a log that is in order nothing ever
 * waits.
 *
 * Pure    what waits is part of the state and saved with it.
 * Source  messages.md 1.2.9: thread contiguity is stronger than time order.
 */
#ifndef IKEWATCH_CLASSIFY_PARKED_H
#define IKEWATCH_CLASSIFY_PARKED_H

#include "classify/state.h"

/* Copies the event; its thread is parked from now on. @return false: no room (counted as shed), read it as it
 * stands */
bool parked_add(struct classify *c, uint32_t device, uint32_t job, const struct event *e);

/* An event, whose line is at most PARKED_LINE_MAX long, with a copy of the line; and back, its spans in the
 * copy. */
void parked_copy(struct parked *p, const struct event *e);
struct event parked_event(const struct parked *p);

/* How a parked event goes on: `ready` asks whether what it waits for has come, `read` handles it. */
typedef bool (*parked_ready_fn)(struct classify *c, uint32_t device, uint32_t job, const struct event *e);
typedef void (*parked_read_fn)(struct classify *c, uint32_t device, uint32_t job, const struct event *e);

/* Reads every event that is ready now; with `all`, then the others in the order they came. */
void parked_retry(struct classify *c, uint32_t device, bool all, parked_ready_fn ready, parked_read_fn read);

/* Has the clock of the device left behind what is parked, further than lines come out of order? */
bool parked_overdue(const struct classify *c, uint32_t device, int64_t now_ms);

#endif
