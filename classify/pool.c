#include "classify/pool.h"

#include <stdlib.h>

void pool_init(struct pool *p, size_t item_bytes, uint32_t max)
{
    *p = (struct pool){.item_bytes = item_bytes, .max = max};
}

void pool_close(struct pool *p)
{
    for (uint32_t i = 0; i < p->cap / POOL_CHUNK; i++)
        free(p->chunks[i]);
    free(p->chunks);
    free(p->free_list);
    free(p->live);
    *p = (struct pool){0};
}

static bool add_chunk(struct pool *p)
{
    uint32_t chunks = p->cap / POOL_CHUNK;
    void **more_chunks = realloc(p->chunks, (chunks + 1) * sizeof(*p->chunks));
    if (!more_chunks)
        return false;
    p->chunks = more_chunks;
    uint32_t *more_free = realloc(p->free_list, (p->cap + POOL_CHUNK) * sizeof(*p->free_list));
    if (!more_free)
        return false;
    p->free_list = more_free;
    uint8_t *more_live = realloc(p->live, p->cap + POOL_CHUNK);
    if (!more_live)
        return false;
    p->live = more_live;
    memset(p->live + p->cap, 0, POOL_CHUNK);
    p->chunks[chunks] = calloc(POOL_CHUNK, p->item_bytes);
    if (!p->chunks[chunks])
        return false;
    p->cap += POOL_CHUNK;
    return true;
}

/* By some hundred items at a time, so that a steady load is soon without it. */
static bool grow(struct pool *p)
{
    return add_chunk(p) && add_chunk(p);
}

uint32_t pool_take(struct pool *p)
{
    uint32_t handle;
    if (p->free_count) {
        handle = p->free_list[--p->free_count];
    } else {
        if (p->used >= p->max || (p->used + 1 >= p->cap && !grow(p)))
            return 0;
        handle = ++p->used;
    }
    p->live[handle] = 1;
    memset(pool_at(p, handle), 0, p->item_bytes);
    return handle;
}

void pool_give(struct pool *p, uint32_t handle)
{
    if (!pool_live(p, handle))
        return;
    p->live[handle] = 0;
    p->free_list[p->free_count++] = handle;
}

bool pool_reserve(struct pool *p, uint32_t used)
{
    if (used > p->max)
        return false;
    while (used >= p->cap)
        if (!add_chunk(p))
            return false;
    p->used = used;
    memset(p->live + 1, 1, used);
    return true;
}

void index_close(struct index *x)
{
    free(x->keys);
    free(x->values);
    *x = (struct index){0};
}

static uint32_t slot_of(const struct index *x, uint64_t key)
{
    uint32_t i = (uint32_t)(key ^ key >> 32) & (x->cap - 1);
    while (x->values[i] && x->keys[i] != key)
        i = (i + 1) & (x->cap - 1);
    return i;
}

uint32_t index_get(const struct index *x, uint64_t key)
{
    return x->cap ? x->values[slot_of(x, key)] : 0;
}

static bool rehash(struct index *x, uint32_t cap)
{
    struct index bigger = {calloc(cap, sizeof(uint64_t)), calloc(cap, sizeof(uint32_t)), 0, cap};
    if (!bigger.keys || !bigger.values) {
        index_close(&bigger);
        return false;
    }
    for (uint32_t i = 0; i < x->cap; i++)
        if (x->values[i])
            index_put(&bigger, x->keys[i], x->values[i]);
    index_close(x);
    *x = bigger;
    return true;
}

bool index_put(struct index *x, uint64_t key, uint32_t value)
{
    if (x->count * 2 >= x->cap && !rehash(x, x->cap ? x->cap * 2 : 64))
        return false;
    uint32_t i = slot_of(x, key);
    x->count += x->values[i] == 0;
    x->keys[i] = key;
    x->values[i] = value;
    return true;
}

void index_drop(struct index *x, uint64_t key)
{
    if (!x->cap)
        return;
    uint32_t hole = slot_of(x, key);
    if (!x->values[hole])
        return;
    x->count--;
    x->values[hole] = 0;
    /* close the gap: whatever follows without a hole is put again (Knuth 6.4 R) */
    for (uint32_t i = (hole + 1) & (x->cap - 1); x->values[i]; i = (i + 1) & (x->cap - 1)) {
        uint32_t value = x->values[i];
        x->values[i] = 0;
        uint32_t to = slot_of(x, x->keys[i]);
        x->keys[to] = x->keys[i];
        x->values[to] = value;
    }
}

void handles_close(struct handles *h)
{
    free(h->list);
    *h = (struct handles){0};
}

bool handles_add(struct handles *h, uint32_t handle)
{
    if (h->count == h->cap) {
        uint32_t cap = h->cap ? h->cap * 2 : 256;
        uint32_t *list = realloc(h->list, cap * sizeof(*list));
        if (!list)
            return false;
        h->list = list;
        h->cap = cap;
    }
    h->list[h->count++] = handle;
    return true;
}
