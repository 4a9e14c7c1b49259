/* Any bytes as two proposal lists: the difference is JSON text without quotes or control characters of
 * theirs. */
#include "classify/proposal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    if (!arena)
        arena = arena_new(65536);
    struct span all = {(const char *)data, size};
    ptrdiff_t cut = span_find(all, SPAN("\n"));
    struct span received = {all.ptr, cut < 0 ? size : (size_t)cut},
                configured = cut < 0 ? all : span_skip(all, (size_t)cut + 1);
    proposal_only_group_differs(received, configured);
    struct span json = proposal_diff_json(received, configured, arena);
    for (size_t i = 0; i < json.len; i++)
        if ((unsigned char)json.ptr[i] < 0x20)
            abort();
    arena_reset(arena);
    return 0;
}
