#include "ingest/headers.h"

#include <librdkafka/rdkafka.h>

enum { NUMBER_BYTES = 10 };

/* --- numbers: the sign last, seven bits a byte, the lowest first --- */

static size_t put_number(char *to, int64_t n)
{
    uint64_t zigzag = ((uint64_t)n << 1) ^ (n < 0 ? UINT64_MAX : 0);
    size_t len = 0;
    for (; zigzag > 127; zigzag >>= 7)
        to[len++] = (char)((zigzag & 127) | 128);
    to[len++] = (char)zigzag;
    return len;
}

static size_t number_size(int64_t n)
{
    char ignored[NUMBER_BYTES];
    return put_number(ignored, n);
}

static bool take_number(struct span *s, int64_t *n)
{
    uint64_t zigzag = 0;
    for (unsigned shift = 0; shift < 64 && s->len; shift += 7) {
        unsigned char byte = (unsigned char)s->ptr[0];
        *s = span_skip(*s, 1);
        zigzag |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *n = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
            return true;
        }
    }
    return false;
}

/* --- names and values --- */

static int64_t length_of(struct span s)
{
    return s.ptr ? (int64_t)s.len : -1;
}

static size_t bytes_size(struct span s)
{
    return number_size(length_of(s)) + s.len;
}

static char *put_bytes(char *to, struct span s)
{
    to += put_number(to, length_of(s));
    if (s.len)
        memcpy(to, s.ptr, s.len);
    return to + s.len;
}

static bool take_bytes(struct span *s, struct span *out)
{
    int64_t len;
    if (!take_number(s, &len) || len < -1 || (len > 0 && (uint64_t)len > s->len))
        return false;
    *out = len < 0 ? SPAN_NONE : span_from(s->ptr, (size_t)len);
    *s = span_skip(*s, out->len);
    return true;
}

/* --- packing --- */

struct span headers_pack(headers_at_fn at, const void *ctx, size_t count, size_t cap, struct arena *arena)
{
    struct header h;
    size_t fitting = 0, bytes = number_size((int64_t)count);
    for (; fitting < count; fitting++) {
        at(ctx, fitting, &h);
        size_t more = bytes_size(h.name) + bytes_size(h.value);
        if (more > cap - bytes)
            break;
        bytes += more;
    }
    char *packed = arena_take(arena, bytes), *to = packed + put_number(packed, (int64_t)count);
    for (size_t i = 0; i < fitting; i++) {
        at(ctx, i, &h);
        to = put_bytes(put_bytes(to, h.name), h.value);
    }
    return span_from(packed, bytes);
}

static void message_header(const void *headers, size_t i, struct header *out)
{
    const char *name = "";
    const void *value = NULL;
    size_t len = 0;
    rd_kafka_header_get_all(headers, i, &name, &value, &len);
    *out = (struct header){span_of(name), value ? span_from(value, len) : SPAN_NONE};
}

struct span headers_of_message(const void *message, size_t cap, struct arena *arena)
{
    rd_kafka_headers_t *headers;
    if (!message || rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return SPAN_NONE;
    return headers_pack(message_header, headers, rd_kafka_header_cnt(headers), cap, arena);
}

/* --- reading --- */

size_t headers_read(struct span packed, struct header *list)
{
    struct header h;
    int64_t total;
    size_t n = 0;
    if (!take_number(&packed, &total))
        return 0;
    while (
        (int64_t)n < total && take_bytes(&packed, &h.name) && h.name.ptr && take_bytes(&packed, &h.value)) {
        if (list)
            list[n] = h;
        n++;
    }
    return n;
}

bool headers_cut(struct span packed)
{
    struct span rest = packed;
    int64_t total;
    return take_number(&rest, &total) && total > (int64_t)headers_read(packed, NULL);
}
