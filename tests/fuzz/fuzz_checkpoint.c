/* Any bytes as a stored state: loaded or refused, never half loaded. */
#include "classify/classify.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct catalogue *cat;
    char error[256];
    if (!cat && !(cat = catalogue_builtin(error, sizeof(error))))
        abort();
    struct classify_options options = classify_defaults(cat);
    options.max_devices = 4;
    struct classify *c = classify_new(&options);
    if (classify_load(c, (const char *)data, size) == ERR_STALE && classify_watermark(c) != TIME_NONE)
        abort();
    classify_free(c);
    return 0;
}
