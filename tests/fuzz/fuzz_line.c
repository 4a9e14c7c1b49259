/* Any bytes as a syslog line: every part that is found lies in the line, and its stamp is a date. */
#include "classify/line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope e = {.line = {(const char *)data, size}};
    struct line l;
    if (line_read(&e, &l) != RECORD_READ)
        return 0;
    const struct span all[] = {l.host, l.text, l.conn, l.tag_host, l.daemon};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].ptr && (all[i].ptr < e.line.ptr || all[i].ptr + all[i].len > e.line.ptr + size))
            abort();
    char text[STAMP_TEXT_MAX];
    stamp_text(stamp_resolve(&l.stamp, 0, 1795478400000, INT64_MIN, NULL), text);
    return 0;
}
