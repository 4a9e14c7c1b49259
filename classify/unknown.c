#include "classify/unknown.h"
#include "classify/base/eight.h"
#include "classify/text.h"

static bool is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

/* Where the first digit or quote stands, s.len: nowhere. */
static size_t next_mark(struct span s, size_t i)
{
    for (; i + 8 <= s.len; i += 8) {
        uint64_t bytes = eight_read(s.ptr + i);
        uint64_t found = eight_digits(bytes) | eight_equal(bytes, '"') | eight_equal(bytes, '\'');
        if (found)
            return i + eight_first(found);
    }
    while (i < s.len && !is_digit(s.ptr[i]) && s.ptr[i] != '"' && s.ptr[i] != '\'')
        i++;
    return i;
}

/* Where the first text to be masked begins, from `from` on, where a word begins; s.len: nowhere. */
static size_t next_masked(struct span s, size_t from, bool *quoted)
{
    for (size_t i = next_mark(s, from); i < s.len; i = next_mark(s, i + 1)) {
        *quoted = !is_digit(s.ptr[i]);
        if (*quoted && i > from && s.ptr[i - 1] != ' ')
            continue; /* an apostrophe */
        while (!*quoted && i > from && s.ptr[i - 1] != ' ')
            i--;
        return i;
    }
    return s.len;
}

static size_t end_of(struct span s, size_t i, char c)
{
    const char *hit = i < s.len ? memchr(s.ptr + i, c, s.len - i) : NULL;
    return hit ? (size_t)(hit - s.ptr) : s.len;
}

/* A word with a digit in it is a number, an address, an SPI or a name: '#'. Quoted text is somebody's name:
 * '…'. */
size_t unknown_mask(struct span text, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t from = 0; from < text.len && n + 4 < cap;) {
        bool quoted;
        size_t masked = next_masked(text, from, &quoted), room = cap - 4 - n;
        if (masked - from > room) { /* the last word is cut */
            memcpy(out + n, text.ptr + from, room);
            n += room;
            if (out[n - 1] != ' ' && end_of(text, from + room, ' ') < text.len)
                out[n++] = ' ';
            return n;
        }
        memcpy(out + n, text.ptr + from, masked - from);
        n += masked - from;
        from = masked;
        if (from == text.len || n + 4 >= cap)
            return n;
        if (quoted) {
            memcpy(out + n, "'#'", 3);
            n += 3;
            from = end_of(text, from + 1, text.ptr[from]);
            from += from < text.len;
            continue;
        }
        out[n++] = '#';
        from = end_of(text, from, ' ');
        if (from < text.len)
            out[n++] = text.ptr[from++];
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
