/*
 * envelope_write.h — a line as the canonical envelope {"host": NAME, "message": LINE}, for `replay --device`.
 */
#ifndef IKEWATCH_INGEST_ENVELOPE_WRITE_H
#define IKEWATCH_INGEST_ENVELOPE_WRITE_H

#include "classify/base/arena.h"

/* In the arena; bytes that are no UTF-8 become U+FFFD, since JSON holds nothing else. */
struct span envelope_write(struct arena *a, struct span host, struct span line);

#endif
