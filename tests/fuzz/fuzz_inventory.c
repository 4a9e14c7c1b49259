/* Any bytes as a vEdge configuration: tunnels, or an error that names a line. */
#include "classify/inventory.h"

#include "classify/base/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inventory *inv;
    char error[128] = "";
    int rc = inventory_read(span_from((const char *)data, size), &inv, error, sizeof(error));
    if (rc == ERR_PARSE && strncmp(error, "line ", 5) != 0)
        abort();
    inventory_free(inv);
    return 0;
}
