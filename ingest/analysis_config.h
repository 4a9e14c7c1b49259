/*
 * analysis_config.h — which lines of a device's configuration shape the exchange that failed.
 *
 * Source  the Cisco document's `ike` and `ipsec` blocks of an interface; RFC 7296 1.2, 1.3, 1.4 for which
 * exchange carries what they say.
 */
#ifndef IKEWATCH_INGEST_ANALYSIS_CONFIG_H
#define IKEWATCH_INGEST_ANALYSIS_CONFIG_H

#include "classify/inventory.h"
#include "ingest/analysis.h"

typedef void (*analysis_config_fn)(void *ctx, const struct inventory_quote *quote, const char *exchange);

/* Calls `each` for the configuration lines of tunnel `t` that cause `cause` is about, in the file's order. */
void analysis_config_lines(const struct analysis *a, const struct row_tunnel *t, struct span cause,
    analysis_config_fn each, void *ctx);

#endif
