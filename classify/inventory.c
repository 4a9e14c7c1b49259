#include "classify/inventory.h"

#include "classify/base/err.h"

#include <stdio.h>
#include <stdlib.h>

struct inventory {
    struct inventory_tunnel *tunnels;
    size_t count, cap;
};

/* Where the reader stands in the CLI's tree. */
struct place {
    struct inventory *inv;
    char device[64];
    int32_t vpn_id;
    bool in_tunnel;
};

static struct span take_word(struct span *s)
{
    while (s->len && (s->ptr[0] == ' ' || s->ptr[0] == '\t'))
        *s = span_skip(*s, 1);
    size_t n = 0;
    while (n < s->len && s->ptr[n] != ' ' && s->ptr[n] != '\t')
        n++;
    struct span word = {s->ptr, n};
    *s = span_skip(*s, n);
    return word;
}

static struct inventory_tunnel *add(struct place *p, struct span name)
{
    struct inventory *inv = p->inv;
    if (inv->count == inv->cap) {
        size_t cap = inv->cap ? inv->cap * 2 : 64;
        struct inventory_tunnel *more = realloc(inv->tunnels, cap * sizeof(*more));
        if (!more)
            return NULL;
        inv->tunnels = more;
        inv->cap = cap;
    }
    struct inventory_tunnel *t = &inv->tunnels[inv->count++];
    *t = (struct inventory_tunnel){.vpn_id = p->vpn_id};
    span_copy(t->device, sizeof(t->device), span_of(p->device));
    span_copy(t->name, sizeof(t->name), name);
    return t;
}

/* dead-peer-detection interval 10 retries 3 */
static bool read_dpd(struct inventory_tunnel *t, struct span rest)
{
    while (true) {
        struct span key = take_word(&rest), value = take_word(&rest);
        uint64_t n;
        if (!key.len)
            return true;
        if (!span_u64(value, &n) || n > 65535)
            return false;
        if (span_eq(key, SPAN("interval")))
            t->dpd_interval_s = (int)n;
        else if (span_eq(key, SPAN("retries")))
            t->dpd_retries = (int)n;
    }
}

static const char *read_tunnel_word(struct inventory_tunnel *t, struct span key, struct span rest)
{
    struct span value = rest;
    value = take_word(&value);
    if (span_eq(key, SPAN("tunnel-source")))
        return addr_read(value, &t->local) ? NULL : "tunnel-source is no address";
    if (span_eq(key, SPAN("tunnel-destination"))) {
        addr_read(value, &t->peer); /* a DNS name stays unknown */
        return value.len ? NULL : "tunnel-destination is missing";
    }
    if (span_eq(key, SPAN("dead-peer-detection")))
        return read_dpd(t, rest) ? NULL : "dead-peer-detection takes interval and retries";
    if (span_eq(key, SPAN("perfect-forward-secrecy")))
        span_copy(t->pfs_group, sizeof(t->pfs_group), value);
    else if (span_eq(key, SPAN("responder-only")) || span_eq(key, SPAN("ike-responder")))
        t->responder_only = true;
    else if (span_eq(key, SPAN("shutdown")))
        t->shutdown = true;
    return NULL;
}

static const char *read_line(struct place *p, struct span line)
{
    struct span key = take_word(&line), rest = line, value = take_word(&rest);
    uint64_t vpn;
    if (!key.len || key.ptr[0] == '!')
        return NULL;
    if (span_eq(key, SPAN("host-name"))) {
        span_copy(p->device, sizeof(p->device), value);
    } else if (span_eq(key, SPAN("vpn"))) {
        if (!span_u64(value, &vpn) || vpn > 65535)
            return "vpn takes a number from 0 to 65535";
        p->vpn_id = (int32_t)vpn;
        p->in_tunnel = false;
    } else if (span_eq(key, SPAN("interface"))) {
        p->in_tunnel = value.len > 5 && span_eq_nocase(span_from(value.ptr, 5), SPAN("ipsec"));
        if (value.len >= sizeof(((struct inventory_tunnel *)0)->name))
            return "interface name is longer than 31 characters";
        if (p->in_tunnel && !add(p, value))
            return "out of memory";
    } else if (p->in_tunnel) {
        return read_tunnel_word(&p->inv->tunnels[p->inv->count - 1], key, line);
    }
    return NULL;
}

int inventory_read(struct span text, struct inventory **out, char *error, size_t error_cap)
{
    struct inventory *inv = calloc(1, sizeof(*inv));
    struct place place = {.inv = inv, .vpn_id = -1};
    *out = inv;
    if (!inv)
        return ERR_NOMEM;
    for (size_t number = 1; text.len; number++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct span line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        text = span_skip(text, line.len + 1);
        while (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        const char *wrong = read_line(&place, line);
        if (wrong) {
            snprintf(error, error_cap, "line %zu: %s", number, wrong);
            inventory_free(inv);
            *out = NULL;
            return ERR_PARSE;
        }
    }
    return 0;
}

void inventory_free(struct inventory *inv)
{
    if (!inv)
        return;
    free(inv->tunnels);
    free(inv);
}

size_t inventory_count(const struct inventory *inv)
{
    return inv->count;
}

const struct inventory_tunnel *inventory_at(const struct inventory *inv, size_t i)
{
    return &inv->tunnels[i];
}
