/*
 * arena.h — memory that is given back all at once: a batch's rows and texts.
 *
 * Memory  chunks are kept over arena_reset(), so that a steady load takes no new memory.
 * Threads none inside; one owner.
 */
#ifndef IKEWATCH_BASE_ARENA_H
#define IKEWATCH_BASE_ARENA_H

#include "classify/base/span.h"

struct arena; /* opaque */

/* @return NULL if memory is short. */
struct arena *arena_new(size_t chunk_bytes);
void arena_free(struct arena *a); /* NULL is fine */

/* 8-byte aligned, not cleared. Out of memory aborts the process: a batch cannot go on without (style 3.1). */
void *arena_take(struct arena *a, size_t bytes);

/* A copy of s that lives until the next reset; SPAN_NONE stays SPAN_NONE. */
struct span arena_span(struct arena *a, struct span s);

/* printf into the arena. */
struct span arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

void arena_reset(struct arena *a);
size_t arena_bytes(const struct arena *a); /* taken since the last reset */

#endif
