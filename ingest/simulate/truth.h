/*
 * truth.h — what is true about a device's log: truth.json and config.txt, as in tests/corpus.
 */
#ifndef IKEWATCH_SIMULATE_TRUTH_H
#define IKEWATCH_SIMULATE_TRUTH_H

#include "ingest/simulate/fleet.h"

#include <stdio.h>

void sim_truth_write(const struct sim_device *d, FILE *out);
void sim_config_write(const struct sim_device *d, FILE *out);

#endif
