#include "classify/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct chunk {
    struct chunk *next;
    size_t cap, used; /* bytes behind this header */
};

struct arena {
    struct chunk *first, *current;
    size_t chunk_bytes;
    size_t taken;
};

static struct chunk *chunk_new(size_t cap)
{
    struct chunk *c = malloc(sizeof(*c) + cap);
    if (!c) {
        fputs(
            "ikewatch: out of memory for a batch; lower batch.max_records or give the process more memory\n",
            stderr);
        abort();
    }
    *c = (struct chunk){.cap = cap};
    return c;
}

struct arena *arena_new(size_t chunk_bytes)
{
    struct arena *a = malloc(sizeof(*a));
    if (a)
        *a = (struct arena){.chunk_bytes = chunk_bytes};
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(a);
}

/* The next kept chunk that has room, else a new one behind the current. */
static struct chunk *chunk_with_room(struct arena *a, size_t bytes)
{
    struct chunk *c = a->current;
    while (c && c->next) {
        c = c->next;
        if (c->cap >= bytes)
            return c;
    }
    struct chunk *fresh = chunk_new(bytes > a->chunk_bytes ? bytes : a->chunk_bytes);
    if (c)
        c->next = fresh;
    else
        a->first = fresh;
    return fresh;
}

void *arena_take(struct arena *a, size_t bytes)
{
    bytes = (bytes + 7) & ~(size_t)7;
    if (!a->current)
        a->current = a->first;
    if (!a->current || a->current->cap - a->current->used < bytes)
        a->current = chunk_with_room(a, bytes);
    void *p = (char *)(a->current + 1) + a->current->used;
    a->current->used += bytes;
    a->taken += bytes;
    return p;
}

struct span arena_span(struct arena *a, struct span s)
{
    if (!s.ptr)
        return SPAN_NONE;
    char *p = arena_take(a, s.len ? s.len : 1);
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return (struct span){p, s.len};
}

struct span arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *p = arena_take(a, n < 0 ? 1 : (size_t)n + 1);
    if (n < 0)
        p[n = 0] = '\0';
    else
        vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    return (struct span){p, (size_t)n};
}

void arena_reset(struct arena *a)
{
    for (struct chunk *c = a->first; c; c = c->next)
        c->used = 0;
    a->current = a->first;
    a->taken = 0;
}

size_t arena_bytes(const struct arena *a)
{
    return a->taken;
}
