/*
 * position.h — how a partition's key and numbers become parameters, for position.c and flush.c.
 */
#ifndef IKEWATCH_SCHEMA_POSITION_H
#define IKEWATCH_SCHEMA_POSITION_H

#include "schema/flush.h"

enum { POSITION_PARAMS = 10, POSITION_NUMBER_BYTES = 24 };

struct position_params {
    struct pg_param list[POSITION_PARAMS]; /* group, topic, partition, then what was added */
    size_t n;
    char numbers[POSITION_PARAMS][POSITION_NUMBER_BYTES];
};

/* Texts point into the key and into *p itself, which therefore must not move. */
void position_params_init(struct position_params *p, const struct partition_key *key);
void position_params_add(struct position_params *p, int64_t value); /* LONG_NONE is NULL */

#endif
