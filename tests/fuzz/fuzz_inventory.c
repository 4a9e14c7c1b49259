/* Any bytes as an inventory, CSV or vEdge CLI: tunnels that are found again, or mistakes that name lines. */
#include "classify/inventory.h"

#include "classify/base/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
    if (!held)
        abort();
}

static void look_up(const struct inventory *inv)
{
    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct inventory_tunnel *t = inventory_at(inv, i);
        const struct inventory_tunnel *found = inventory_find(inv, span_of(t->device), &t->local, &t->peer);
        must(!found || (found->name[0] && addr_eq(&found->peer, &t->peer)));
        must(!t->tz[0] || inventory_zone(inv, span_of(t->device))[0]);
        must(t->line > 0 && t->vpn_id >= -1 && t->quote_count <= INVENTORY_QUOTES_MAX);
        for (size_t k = 0; k < t->quote_count; k++)
            must(t->quotes[k].line >= t->line && !strstr(t->quotes[k].text, "pre-shared-secret "));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inventory *inv;
    struct inventory_errors errors;
    int rc = inventory_read_all(span_from((const char *)data, size), &inv, &errors);
    must(rc == 0 || rc == ERR_PARSE);
    must((rc == 0) == (inv != NULL) && (rc == 0) == (errors.count == 0));
    for (size_t i = 0; i < errors.count && i < INVENTORY_ERRORS_MAX; i++)
        must(errors.list[i].line > 0 && strstr(errors.list[i].text, "; "));
    if (inv)
        look_up(inv);
    inventory_free(inv);
    return 0;
}
