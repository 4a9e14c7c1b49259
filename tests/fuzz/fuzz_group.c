/* Any bytes as a member's assignment: only partitions of the topic, below their number, are marked, and no
 * byte behind the end is read. */
#include "ingest/group.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool owned[COUNT + 1] = {false}, again[COUNT + 1] = {false};
    const char *bytes = (const char *)data;
    bool whole = group_assignment(span_from(bytes, size), SPAN("charon"), owned, COUNT);
    if (owned[COUNT])
        abort();
    if (whole) /* later versions add at the end */
        return 0;
    if (size > 0 && group_assignment(span_from(bytes, size - 1), SPAN("charon"), again, COUNT))
        abort(); /* what is cut does not become whole by cutting more */
    return 0;
}
