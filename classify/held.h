/*
 * held.h — lines of a device whose stamps go backwards, put back in order of time (design 3.9).
 *
 * Rule    a device whose stamps are in order waits for nothing. One whose stamp went back by a second or
 * more, but not beyond the window, counts as unordered for an hour of its clock: its lines are held until its
 * clock, or the partition's record time, has passed them by the window; then they are read by stamp, those of
 * equal stamps as they came. A line later than the window is read at once and counted. Memory HELD_PER_DEVICE
 * lines of a device, HELD_MAX of the partition; when full, the oldest are read early. Time    the device's
 * own clock; a clock put back is believed after CLOCK_BACK_LINES lines.
 */
#ifndef IKEWATCH_CLASSIFY_HELD_H
#define IKEWATCH_CLASSIFY_HELD_H

#include "classify/state.h"

typedef void (*held_read_fn)(struct classify *c, uint32_t device, const struct event *e);

/* Where the device's clock stands, from every line that is believed; finds out whether it is unordered. */
void held_clock(struct classify *c, uint32_t device, int64_t at_ms);

/* Reads the event, or holds it and reads those whose time has come. record_ms  of its record; TIME_NONE:
 * unknown */
void held_event(
    struct classify *c, uint32_t device, const struct event *e, int64_t record_ms, held_read_fn read);

/* A record of any device came at this time: devices that have fallen silent need not be waited for. */
void held_record(struct classify *c, int64_t record_ms, held_read_fn read);

/* No more lines will come. */
void held_finish(struct classify *c, uint32_t device, held_read_fn read);

#endif
