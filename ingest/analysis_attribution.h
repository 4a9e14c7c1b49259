/*
 * analysis_attribution.h — which IKE_SA, connection and tunnel each input line was bound to.
 *
 * In      classify's bound callback; the last word on a line counts.
 * Out     a TSV with a header row and one row an input line: line, ike_sa, conn, tunnel; "-" for none.
 */
#ifndef IKEWATCH_INGEST_ANALYSIS_ATTRIBUTION_H
#define IKEWATCH_INGEST_ANALYSIS_ATTRIBUTION_H

#include "ingest/analysis.h"

struct attribution; /* opaque */

/* @return NULL if memory is short */
struct attribution *attribution_new(size_t lines);
void attribution_free(struct attribution *t); /* NULL is fine */

/* A classify_bound_fn; ctx is the struct attribution. */
void attribution_bound(
    void *ctx, int64_t offset, int32_t daemon_run, int64_t ike_sa, struct span conn, uint64_t tunnel_id);

/* @return 0 or ERR_IO, said on the log */
int attribution_write(const struct attribution *t, const struct analysis *a, const char *path);

#endif
