/* Any bytes as a stored state, and as the state within one whose head and checksum are right: loaded or
 * refused, never half loaded. */
#include "classify/classify.h"

#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As checkpoint.c writes it: the checksum is over the head, with 0 in its place, and the packed bytes. */
enum { HEAD_BYTES = 48, RAW_BYTES_AT = 24, PACKED_BYTES_AT = 32, CHECKSUM_AT = 40, RAW_BYTES_MAX = 1 << 20 };

static void load(const struct classify_options *options, const char *blob, size_t len)
{
    struct classify *c = classify_new(options);
    if (classify_load(c, blob, len) == ERR_STALE && classify_watermark(c) != TIME_NONE)
        abort();
    classify_free(c);
}

static void put_u64(char *blob, size_t at, uint64_t value)
{
    memcpy(blob + at, &value, sizeof(value));
}

static void load_within(const struct classify_options *options, const char *raw, size_t size)
{
    struct classify *empty = classify_new(options);
    char *blob;
    size_t len;
    if (classify_save(empty, &blob, &len))
        abort();
    classify_free(empty);
    int bound = LZ4_compressBound((int)size);
    char *forged = malloc(HEAD_BYTES + (size_t)bound);
    if (!forged)
        abort();
    memcpy(forged, blob, HEAD_BYTES);
    free(blob);
    size_t packed = (size_t)LZ4_compress_default(raw, forged + HEAD_BYTES, (int)size, bound);
    put_u64(forged, RAW_BYTES_AT, size);
    put_u64(forged, PACKED_BYTES_AT, packed);
    put_u64(forged, CHECKSUM_AT, 0);
    uint64_t head = span_hash(span_from(forged, HEAD_BYTES), 0);
    put_u64(forged, CHECKSUM_AT, span_hash(span_from(forged + HEAD_BYTES, packed), head));
    load(options, forged, HEAD_BYTES + packed);
    free(forged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct catalogue *cat;
    char error[256];
    if (!cat && !(cat = catalogue_builtin(error, sizeof(error))))
        abort();
    struct classify_options options = classify_defaults(cat);
    options.max_devices = 4;
    load(&options, (const char *)data, size);
    if (size <= RAW_BYTES_MAX)
        load_within(&options, (const char *)data, size);
    return 0;
}
