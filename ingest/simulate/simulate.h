/*
 * simulate.h — `ikewatch simulate`: a seeded fleet whose logs come with what is true about them.
 */
#ifndef IKEWATCH_SIMULATE_SIMULATE_H
#define IKEWATCH_SIMULATE_SIMULATE_H

#include "ingest/simulate/fleet.h"

/**
 * Fill plan->rate from "cause=share,…", "all" or "none".
 * @return 0 or ERR_USAGE; then *bad is the word that is no fault or no share, not ended by NUL
 */
int simulate_rates(const char *faults, struct sim_plan *plan, const char **bad);

int verb_simulate(int argc, char **argv);

#endif
