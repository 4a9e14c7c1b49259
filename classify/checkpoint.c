/*
 * The state of a partition as bytes and back. Items are plain values linked by handles (state.h), so a pool
 * is saved as it lies; the layout hash refuses a state of other structs, of another rule table or of another
 * machine.
 */
#include "classify/cause.h"
#include "classify/state.h"

#include <lz4.h>
#include <stdlib.h>

enum { STATE_VERSION = 3 };

static const char magic[8] = "IKWSTATE";

struct head {
    char magic[8];
    uint32_t version, reserved;
    uint64_t layout, raw_bytes, packed_bytes, checksum;
};

/* A growing or a shrinking run of bytes. */
struct stream {
    char *bytes;
    size_t len, cap, at;
    bool writing, failed;
};

static void move(struct stream *s, void *what, size_t n)
{
    if (s->failed || n == 0)
        return;
    if (s->writing) {
        if (s->len + n > s->cap) {
            size_t cap = (s->len + n) * 2;
            char *more = realloc(s->bytes, cap);
            if (!more) {
                s->failed = true;
                return;
            }
            s->bytes = more;
            s->cap = cap;
        }
        memcpy(s->bytes + s->len, what, n);
        s->len += n;
    } else if (s->at + n <= s->len) {
        memcpy(what, s->bytes + s->at, n);
        s->at += n;
    } else {
        s->failed = true;
    }
}

/* The free handles too, in their order: after a load the next item gets the handle it would have got. */
static void move_free(struct stream *s, struct pool *p, uint32_t count)
{
    for (uint32_t i = 0; i < count && !s->failed; i++) {
        uint32_t handle = s->writing ? p->free_list[i] : 0;
        move(s, &handle, sizeof(handle));
        if (s->writing || s->failed)
            continue;
        s->failed = !pool_live(p, handle); /* none of this pool, or free already */
        pool_give(p, handle);
    }
}

static void move_pool(struct stream *s, struct pool *p)
{
    uint32_t used = p->used, free_count = p->free_count;
    move(s, &used, sizeof(used));
    move(s, &free_count, sizeof(free_count));
    if (!s->failed && !s->writing)
        s->failed = !pool_reserve(p, used);
    move_free(s, p, free_count);
    for (uint32_t h = 1; h <= used && !s->failed; h++)
        if (pool_live(p, h))
            move(s, pool_at(p, h), p->item_bytes);
}

static void move_index(struct stream *s, struct index *x)
{
    uint32_t count = x->count;
    move(s, &count, sizeof(count));
    if (s->writing) {
        for (uint32_t i = 0; i < x->cap; i++) {
            if (!x->values[i])
                continue;
            move(s, &x->keys[i], sizeof(uint64_t));
            move(s, &x->values[i], sizeof(uint32_t));
        }
        return;
    }
    for (uint32_t i = 0; i < count && !s->failed; i++) {
        uint64_t key = 0;
        uint32_t value = 0;
        move(s, &key, sizeof(key));
        move(s, &value, sizeof(value));
        if (!s->failed && !index_put(x, key, value))
            s->failed = true;
    }
}

static void move_state(struct stream *s, struct classify *c)
{
    struct pool *pools[] = {&c->devices, &c->jobs, &c->sas, &c->exchanges, &c->tunnels, &c->incidents,
        &c->evidence, &c->proposals, &c->payloads, &c->parked, &c->held};
    struct index *indexes[] = {
        &c->device_index, &c->uid_index, &c->pair_index, &c->name_index, &c->payload_index, &c->spi_index};
    move(s, &c->counts, sizeof(c->counts));
    move(s, &c->watermark_ms, sizeof(c->watermark_ms));
    move(s, &c->first_holding, sizeof(c->first_holding));
    move(s, &c->held_due_ms, sizeof(c->held_due_ms));
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
        move_pool(s, pools[i]);
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
        move_index(s, indexes[i]);
}

static uint64_t layout(void)
{
    const size_t sizes[] = {sizeof(struct device), sizeof(struct job), sizeof(struct sa),
        sizeof(struct exchange), sizeof(struct tunnel), sizeof(struct incident), sizeof(struct evidence),
        sizeof(struct proposals), sizeof(struct payloads), sizeof(struct parked), sizeof(struct held),
        FACT_COUNT};
    uint64_t hash = span_hash(span_from((const char *)sizes, sizeof(sizes)), STATE_VERSION);
    for (size_t i = 0; i < cause_rule_count(); i++)
        hash = span_hash(span_of(cause_rule_at(i)->cause), hash);
    return hash;
}

/* Over the head, but for the sum itself, and the packed bytes. */
static uint64_t checksum_of(struct head head, const char *packed)
{
    head.checksum = 0;
    return span_hash(span_from(packed, (size_t)head.packed_bytes),
        span_hash(span_from((const char *)&head, sizeof(head)), 0));
}

int classify_save(const struct classify *c, char **out, size_t *len)
{
    struct stream s = {.writing = true};
    move_state(&s, (struct classify *)c); /* writing only reads the state */
    int bound = s.failed || s.len > LZ4_MAX_INPUT_SIZE ? 0 : LZ4_compressBound((int)s.len);
    char *blob = bound ? malloc(sizeof(struct head) + (size_t)bound) : NULL;
    if (!blob) {
        free(s.bytes);
        return ERR_NOMEM;
    }
    int packed = LZ4_compress_default(s.bytes, blob + sizeof(struct head), (int)s.len, bound);
    struct head head = {
        .version = STATE_VERSION, .layout = layout(), .raw_bytes = s.len, .packed_bytes = (uint64_t)packed};
    memcpy(head.magic, magic, sizeof(magic));
    head.checksum = checksum_of(head, blob + sizeof(head));
    memcpy(blob, &head, sizeof(head));
    free(s.bytes);
    *out = blob;
    *len = sizeof(head) + (size_t)packed;
    return 0;
}

static bool head_fits(const struct head *head, const char *blob, size_t len)
{
    return memcmp(head->magic, magic, sizeof(magic)) == 0 && head->version == STATE_VERSION &&
           head->layout == layout() && head->packed_bytes == len - sizeof(*head) &&
           head->raw_bytes <= LZ4_MAX_INPUT_SIZE &&
           head->checksum == checksum_of(*head, blob + sizeof(*head));
}

int classify_load(struct classify *c, const char *blob, size_t len)
{
    struct head head;
    if (len < sizeof(head))
        return ERR_STALE;
    memcpy(&head, blob, sizeof(head));
    if (!head_fits(&head, blob, len))
        return ERR_STALE;
    struct stream s = {.bytes = malloc(head.raw_bytes + 1), .len = head.raw_bytes};
    if (!s.bytes)
        return ERR_NOMEM;
    int n = LZ4_decompress_safe(blob + sizeof(head), s.bytes, (int)head.packed_bytes, (int)head.raw_bytes);
    if (n < 0 || (uint64_t)n != head.raw_bytes) {
        free(s.bytes);
        return ERR_STALE;
    }
    move_state(&s, c);
    bool whole = !s.failed && s.at == s.len;
    free(s.bytes);
    if (!whole) {
        state_close(c);
        state_open(c);
    }
    return whole ? 0 : ERR_STALE;
}
