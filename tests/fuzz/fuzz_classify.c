/* Any bytes as the records of a partition, one a line: no crash, every record counted, and the state goes
 * through bytes. */
#include "classify/classify.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct catalogue *catalogue(void)
{
    static const struct catalogue *cat;
    char error[256];
    if (!cat && !(cat = catalogue_builtin(error, sizeof(error)))) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
    return cat;
}

static size_t feed_all(struct classify *c, struct match_scratch *scratch, struct span rest)
{
    size_t fed = 0;
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
        struct record r = {
            .value = span_from(rest.ptr, n), .time_ms = 1795478400000, .offset = (int64_t)fed++};
        classify_feed(c, scratch, &r);
        rest = span_skip(rest, n + 1);
    }
    return fed;
}

static void through_bytes(struct classify *c, const struct classify_options *options)
{
    char *blob;
    size_t len;
    if (classify_save(c, &blob, &len))
        abort();
    struct classify *again = classify_new(options);
    if (classify_load(again, blob, len))
        abort();
    classify_free(again);
    free(blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct match_scratch *scratch;
    if (!scratch)
        scratch = match_scratch_new(catalogue());
    struct classify_options options = classify_defaults(catalogue());
    options.max_devices = 8;
    struct classify *c = classify_new(&options);
    struct rows rows;
    rows_init(&rows);
    if (feed_all(c, scratch, span_from((const char *)data, size)) != classify_counts(c).lines)
        abort();
    classify_collect(c, &rows);
    through_bytes(c, &options);
    rows_free(&rows);
    classify_free(c);
    return 0;
}
