/*
 * pool.h — items of one size behind 32-bit handles, and a hash from 64-bit keys to handles.
 *
 * Handles 0 is "none". An item stays where it is until it is given back; handles are stable over save and
 * load. Memory  chunks, taken as the pool grows, at most `max` items; an item is cleared when taken. Threads
 * none inside.
 */
#ifndef IKEWATCH_CLASSIFY_POOL_H
#define IKEWATCH_CLASSIFY_POOL_H

#include "classify/base/span.h"

/* Chunks of the largest items are still below what malloc() maps on its own, in whole pages and a head more.
 */
enum { POOL_CHUNK = 128 };

struct pool {
    void **chunks;
    uint32_t *free_list;
    uint8_t *live; /* one a handle */
    uint32_t used; /* handles ever given out */
    uint32_t free_count;
    uint32_t cap, max;
    size_t item_bytes;
};

void pool_init(struct pool *p, size_t item_bytes, uint32_t max);
void pool_close(struct pool *p);
uint32_t pool_take(struct pool *p); /* @return 0: full, or memory is short */
void pool_give(struct pool *p, uint32_t handle);

static inline void *pool_at(const struct pool *p, uint32_t handle)
{
    return (char *)p->chunks[handle / POOL_CHUNK] + (handle % POOL_CHUNK) * p->item_bytes;
}

static inline bool pool_live(const struct pool *p, uint32_t handle)
{
    return handle && handle <= p->used && p->live[handle];
}

static inline uint32_t pool_count(const struct pool *p)
{
    return p->used - p->free_count;
}

/* For loading an empty pool: handles 1 .. used, all live. false: more than max, or memory is short. */
bool pool_reserve(struct pool *p, uint32_t used);

/* Open addressing, linear probing; keys are hashes already. */
struct index {
    uint64_t *keys;
    uint32_t *values; /* 0: free slot */
    uint32_t count, cap;
};

void index_close(struct index *x);
uint32_t index_get(const struct index *x, uint64_t key);       /* 0: not there */
bool index_put(struct index *x, uint64_t key, uint32_t value); /* replaces; false: memory is short */
void index_drop(struct index *x, uint64_t key);

/* Handles to be written out, each once. */
struct handles {
    uint32_t *list;
    uint32_t count, cap;
};

void handles_close(struct handles *h);
bool handles_add(struct handles *h, uint32_t handle);

#endif
