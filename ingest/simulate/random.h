/*
 * random.h — a seeded stream of numbers: the same seed gives the same fleet on every machine.
 *
 * Source  splitmix64, Steele, Lea and Flood, OOPSLA 2014.
 */
#ifndef IKEWATCH_SIMULATE_RANDOM_H
#define IKEWATCH_SIMULATE_RANDOM_H

#include <stdint.h>

struct sim_random {
    uint64_t state;
};

static inline uint64_t sim_random_next(struct sim_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* @return one of low..high, both included */
static inline uint32_t sim_random_of(struct sim_random *r, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(sim_random_next(r) % ((uint64_t)high - low + 1));
}

/* @return [0, 1) */
static inline double sim_random_share(struct sim_random *r)
{
    return (double)(sim_random_next(r) >> 11) * 0x1p-53;
}

#endif
