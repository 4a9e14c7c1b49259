#include "classify/unknown.h"
#include "classify/text.h"

static bool digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* A word with a digit in it is a number, an address, an SPI or a name: '#'. Quoted text is somebody's name:
 * '…'. */
size_t unknown_mask(struct span text, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len && n + 4 < cap;) {
        size_t from = i;
        bool number = false;
        if (text.ptr[i] == '\'' || text.ptr[i] == '"') {
            const char *close = memchr(text.ptr + i + 1, text.ptr[i], text.len - i - 1);
            i = close ? (size_t)(close - text.ptr) + 1 : text.len;
            out[n++] = '\'';
            out[n++] = '#';
            out[n++] = '\'';
            continue;
        }
        while (i < text.len && text.ptr[i] != ' ')
            number |= digit(text.ptr[i++]);
        if (number) {
            out[n++] = '#';
        } else {
            for (size_t k = from; k < i && n + 4 < cap; k++)
                out[n++] = text.ptr[k];
        }
        if (i < text.len)
            out[n++] = text.ptr[i++];
    }
    return n;
}

void unknown_count(struct classify *c, struct span text, int64_t at_ms)
{
    char masked[sizeof(((struct unknown *)0)->masked)];
    size_t len = unknown_mask(text, masked, sizeof(masked));
    uint64_t id = span_hash(span_from(masked, len), 0x756e6b);
    uint32_t h = index_get(&c->unknown_index, id);
    if (!h) {
        h = pool_take(&c->unknowns);
        if (!h || !index_put(&c->unknown_index, id, h)) {
            c->counts.shed++;
            pool_give(&c->unknowns, h);
            return;
        }
        struct unknown *u = pool_at(&c->unknowns, h);
        u->id = id;
        u->masked_len = (uint16_t)len;
        memcpy(u->masked, masked, len);
        u->sample_len = (uint16_t)span_copy(u->sample, sizeof(u->sample), text);
        u->first_ms = at_ms;
    }
    struct unknown *u = pool_at(&c->unknowns, h);
    u->count++;
    u->last_ms = at_ms;
}

void unknown_collect(struct classify *c, struct rows *out)
{
    for (uint32_t h = 1; h <= c->unknowns.used; h++) {
        if (!pool_live(&c->unknowns, h))
            continue;
        struct unknown *u = pool_at(&c->unknowns, h);
        struct row_unknown_template *row = rows_add_unknown_template(out);
        row->template_id = u->id;
        row->template = text_clean(out->arena, span_from(u->masked, u->masked_len));
        row->sample = text_clean(out->arena, span_from(u->sample, u->sample_len));
        row->count = u->count;
        row->first_seen = u->first_ms;
        row->last_seen = u->last_ms;
        index_drop(&c->unknown_index, u->id);
        pool_give(&c->unknowns, h);
    }
}
