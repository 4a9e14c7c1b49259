/*
 * inventory_build.h — the inside of an inventory while a file is read; for inventory*.c only.
 */
#ifndef IKEWATCH_CLASSIFY_INVENTORY_BUILD_H
#define IKEWATCH_CLASSIFY_INVENTORY_BUILD_H

#include "classify/inventory.h"

struct inventory {
    struct inventory_tunnel *tunnels;
    size_t count, cap;
    uint32_t *by_pair;   /* positions by peer, device, position */
    uint32_t *by_device; /* positions by device, position */
    bool exhausted;      /* memory was short */
    struct inventory_errors *errors;
};

/* A tunnel more, all unknown; valid until the next. @return NULL: `exhausted` */
struct inventory_tunnel *inventory_add(struct inventory *inv, size_t line);

/* A mistake of the file: "WHAT: VALUE; REMEDY", the value cut if it is long and left out if its ptr is NULL.
 */
void inventory_wrong(
    struct inventory *inv, size_t line, const char *what, struct span value, const char *remedy);

/* Copies a text into its field. Too long, or no UTF-8: a mistake of the file, and the field is "". */
void inventory_text(
    struct inventory *inv, size_t line, const char *what, struct span value, char *field, size_t cap);

/* @return false, and *out is untouched: a mistake of the file */
bool inventory_number(
    struct inventory *inv, size_t line, const char *what, struct span value, uint64_t max, int *out);
bool inventory_address(
    struct inventory *inv, size_t line, const char *what, struct span value, struct addr *out);

/* Is the first line one of column names? */
bool inventory_is_csv(struct span text);

void inventory_read_csv(struct inventory *inv, struct span text);
void inventory_read_cli(struct inventory *inv, struct span text);

#endif
