/*
 * inventory.h — what is configured: a device's tunnels from its vEdge CLI, so that addresses and connections
 * get names.
 *
 * Source  messages.md 2.4 (CLI grammar); the corpus' config.txt.
 * Threads const after loading.
 */
#ifndef IKEWATCH_CLASSIFY_INVENTORY_H
#define IKEWATCH_CLASSIFY_INVENTORY_H

#include "classify/base/addr.h"

struct inventory; /* opaque */

struct inventory_tunnel {
    char device[64];         /* "" when the file does not say: any device */
    char name[32];           /* ipsec2 */
    int32_t vpn_id;          /* -1: not said */
    struct addr local, peer; /* family 0: not said (tunnel-source-interface) */
    char pfs_group[16];      /* group-14; "" not said */
    bool responder_only, shutdown;
    int dpd_interval_s, dpd_retries; /* 0: not said */
};

/**
 * @param text   the whole file
 * @param error  out: "line 12: …" when ERR_PARSE
 * @return 0, ERR_PARSE, ERR_NOMEM
 */
int inventory_read(struct span text, struct inventory **out, char *error, size_t error_cap);
void inventory_free(struct inventory *inv);

size_t inventory_count(const struct inventory *inv);
const struct inventory_tunnel *inventory_at(const struct inventory *inv, size_t i);

#endif
