/*
 * slot.h — which static member of the consumer group this process is.
 *
 * A slot is the lowest number whose lock file in the state directory is free; the kernel gives the lock back
 * when the process dies, so a killed process returns as the same member (design 3.1).
 */
#ifndef IKEWATCH_INGEST_SLOT_H
#define IKEWATCH_INGEST_SLOT_H

#include "classify/base/err.h"

#include <stddef.h>

enum { SLOT_MAX = 256 };

/**
 * @param number  out: 0 .. SLOT_MAX - 1
 * @return the locked descriptor, to be closed to give the slot back; ERR_CONFIG or ERR_FULL, said on the log
 * with the remedy
 */
int slot_take(const char *state_dir, const char *group, int *number);

/* The same of one number. @return the descriptor; ERR_FULL: a running process has it; ERR_CONFIG, said */
int slot_take_number(const char *state_dir, const char *group, int number);

/* One more than the highest number that a process of the group ever took. */
int slot_count(const char *state_dir, const char *group);

enum { SLOT_MEMBER_MAX = 250 }; /* Kafka takes 249 characters of letters, digits, dot, dash, underscore */

/* `<group>-<host>-<number>-<topic>`. The topic is in it because Kafka hands a static member that comes back
 * its old partitions, even if it subscribes to another topic now. */
void slot_member(const char *group, const char *topic, int number, char out[SLOT_MEMBER_MAX]);

#endif
