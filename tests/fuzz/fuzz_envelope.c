/* Any bytes as a record: the payload stays inside the record or the buffer. */
#include "classify/envelope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct span s, const char *from, size_t len)
{
    return !s.ptr || (s.ptr >= from && s.ptr + s.len <= from + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char buf[RECORD_VALUE_MAX];
    struct envelope e;
    struct span value = {(const char *)data, size};
    if (envelope_open(value, buf, &e) != RECORD_READ)
        return 0;
    const struct span all[] = {e.line, e.host, e.program, e.stamp};
    for (size_t i = 0; i < 4; i++)
        if (!inside(all[i], value.ptr, value.len) && !inside(all[i], buf, sizeof(buf)))
            abort();
    return e.line.len ? 0 : (abort(), 0);
}
