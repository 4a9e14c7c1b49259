/*
 * inventory_store.h — inventories into the table ikewatch.inventory, in one transaction.
 */
#ifndef IKEWATCH_INGEST_INVENTORY_STORE_H
#define IKEWATCH_INGEST_INVENTORY_STORE_H

#include "classify/inventory.h"
#include "schema/pg.h"

#include <stdio.h>

/**
 * The devices that are named become what these say of them; other devices stay as they are.
 * @param list  every tunnel has a device; no (device, tunnel) stands in two
 * @param said  what was done, a line a device; nothing of it happened unless 0 is returned
 * @return 0; ERR_NOMEM or a database error, said on the log
 */
int inventory_store(struct pg *pg, struct inventory *const *list, size_t count, FILE *said);

/* The name under which a tunnel is stored: its own, or unknown:PEER as of a tunnel known by addresses only.
 */
struct span inventory_stored_name(const struct inventory_tunnel *t, char buf[ADDR_TEXT_MAX + 16]);

#endif
