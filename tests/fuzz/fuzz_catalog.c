/* Any bytes as a catalogue file: refused with a reason, or compiled to readers that stay inside what they
 * read. Hyperscan's own compiler is not the target: only the reader and the grammar run here. */
#include "classify/catalog_build.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256] = "";
    struct catalogue *cat = catalogue_new();
    int rc = catalogue_add(cat, "fuzz.ini", span_from((const char *)data, size), error, sizeof(error));
    if (rc == ERR_CATALOGUE && !error[0])
        abort();
    for (size_t i = 0; rc == 0 && i < cat->template_count; i++) {
        struct captures captures;
        if (!cat->templates[i].text || template_compile(&cat->templates[i]))
            continue;
        free(template_expression(&cat->templates[i], i % 2));
        catalogue_read(cat, i, span_from((const char *)data, size), &captures);
    }
    catalogue_free(cat);
    return 0;
}
