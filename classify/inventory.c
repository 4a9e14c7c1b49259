#include "classify/inventory_build.h"

#include "classify/base/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { SAID_MAX = 60 };

struct inventory_tunnel *inventory_add(struct inventory *inv, size_t line)
{
    if (inv->count == inv->cap) {
        size_t cap = inv->cap ? inv->cap * 2 : 64;
        struct inventory_tunnel *more = realloc(inv->tunnels, cap * sizeof(*more));
        if (!more) {
            inv->exhausted = true;
            return NULL;
        }
        inv->tunnels = more;
        inv->cap = cap;
    }
    struct inventory_tunnel *t = &inv->tunnels[inv->count++];
    *t = (struct inventory_tunnel){.vpn_id = -1, .line = (uint32_t)line};
    return t;
}

/* Length of the UTF-8 sequence that s begins with, 0: it is none. Overlong forms and surrogates are none. */
static size_t utf8_step(struct span s)
{
    static const struct {
        unsigned char mask, lead, low, high; /* low, high: of the second byte */
        size_t bytes;
    } forms[] = {{0x80, 0x00, 0, 0, 1}, {0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3},
        {0xff, 0xf0, 0x90, 0xbf, 4}, {0xff, 0xf4, 0x80, 0x8f, 4}, {0xff, 0xc0, 1, 0, 2},
        {0xff, 0xc1, 1, 0, 2}, {0xe0, 0xc0, 0x80, 0xbf, 2}, {0xf0, 0xe0, 0x80, 0xbf, 3},
        {0xfc, 0xf0, 0x80, 0xbf, 4}};
    const unsigned char *b = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if ((b[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (forms[i].bytes > s.len)
            return 0;
        for (size_t k = 1; k < forms[i].bytes; k++)
            if (k == 1 ? b[k] < forms[i].low || b[k] > forms[i].high : (b[k] & 0xc0) != 0x80)
                return 0;
        return b[0] ? forms[i].bytes : 0; /* PostgreSQL's text cannot hold NUL */
    }
    return 0;
}

static bool is_text(struct span s)
{
    size_t step = 1;
    while (s.len && (step = utf8_step(s)) > 0)
        s = span_skip(s, step);
    return step > 0;
}

/* A value as a message shows it: without what a terminal would act on. */
static void put_said(char buf[SAID_MAX + 4], struct span value)
{
    size_t n = span_copy(buf, SAID_MAX, value);
    if (value.len > n) {
        while (n && ((unsigned char)value.ptr[n] & 0xc0) == 0x80) /* not in the middle of a character */
            n--;
        memcpy(buf + n, "...", 4);
        n += 3;
    }
    bool text = is_text(span_from(buf, n));
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)buf[i] < ' ' || buf[i] == 0x7f || (!text && (unsigned char)buf[i] >= 0x80))
            buf[i] = '?';
    buf[n] = '\0';
}

void inventory_wrong(
    struct inventory *inv, size_t line, const char *what, struct span value, const char *remedy)
{
    struct inventory_errors *errors = inv->errors;
    char said[SAID_MAX + 4];
    if (errors->count++ >= INVENTORY_ERRORS_MAX)
        return;
    struct inventory_error *e = &errors->list[errors->count - 1];
    put_said(said, value);
    e->line = line;
    snprintf(e->text, sizeof(e->text), "%s%s%s%s; %s", what, value.ptr ? ": \"" : "", said,
        value.ptr ? "\"" : "", remedy);
}

void inventory_text(
    struct inventory *inv, size_t line, const char *what, struct span value, char *field, size_t cap)
{
    char remedy[64];
    field[0] = '\0';
    if (value.len >= cap) {
        snprintf(remedy, sizeof(remedy), "shorten it to %zu bytes", cap - 1);
        inventory_wrong(inv, line, what, value, remedy);
    } else if (!is_text(value)) {
        inventory_wrong(inv, line, what, value, "save the file as UTF-8, without NUL");
    } else {
        span_copy(field, cap, value);
    }
}

bool inventory_number(
    struct inventory *inv, size_t line, const char *what, struct span value, uint64_t max, int *out)
{
    char remedy[64];
    uint64_t n;
    if (span_u64(value, &n) && n <= max) {
        *out = (int)n;
        return true;
    }
    snprintf(remedy, sizeof(remedy), "write a number from 0 to %llu", (unsigned long long)max);
    inventory_wrong(inv, line, what, value, remedy);
    return false;
}

bool inventory_address(
    struct inventory *inv, size_t line, const char *what, struct span value, struct addr *out)
{
    struct addr got;
    if (addr_read(value, &got)) {
        *out = got;
        return true;
    }
    inventory_wrong(inv, line, what, value, "write an IPv4 or IPv6 address");
    return false;
}

static int compare_nocase(struct span a, struct span b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int x = a.ptr[i] >= 'A' && a.ptr[i] <= 'Z' ? a.ptr[i] | 0x20 : a.ptr[i];
        int y = b.ptr[i] >= 'A' && b.ptr[i] <= 'Z' ? b.ptr[i] | 0x20 : b.ptr[i];
        if (x != y)
            return x - y;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static int compare_addr(const struct addr *a, const struct addr *b)
{
    return a->family != b->family ? (int)a->family - (int)b->family : memcmp(a->bytes, b->bytes, 16);
}

static int compare_device(const struct inventory_tunnel *a, const struct inventory_tunnel *b)
{
    return compare_nocase(span_of(a->device), span_of(b->device));
}

/* For sorting pointers; positions break the tie, so that what is first in the file stays first. */
static int by_device(const void *a, const void *b)
{
    const struct inventory_tunnel *x = *(struct inventory_tunnel *const *)a,
                                  *y = *(struct inventory_tunnel *const *)b;
    int order = compare_device(x, y);
    return order ? order : (x > y) - (x < y);
}

static int by_pair(const void *a, const void *b)
{
    const struct inventory_tunnel *x = *(struct inventory_tunnel *const *)a,
                                  *y = *(struct inventory_tunnel *const *)b;
    int order = compare_addr(&x->peer, &y->peer);
    return order ? order : by_device(a, b);
}

/* What no two tunnels of a device share: the name; the addresses if there is none. */
static int by_name(const void *a, const void *b)
{
    const struct inventory_tunnel *x = *(struct inventory_tunnel *const *)a,
                                  *y = *(struct inventory_tunnel *const *)b;
    int order = compare_device(x, y);
    if (order == 0)
        order = compare_nocase(span_of(x->name), span_of(y->name));
    if (order == 0 && !x->name[0])
        order = compare_addr(&x->peer, &y->peer);
    return order ? order : (x > y) - (x < y);
}

static bool same_tunnel(const struct inventory_tunnel *a, const struct inventory_tunnel *b)
{
    return compare_device(a, b) == 0 && compare_nocase(span_of(a->name), span_of(b->name)) == 0 &&
           (a->name[0] || compare_addr(&a->peer, &b->peer) == 0);
}

/* A tunnel that stands twice would be two things at once. */
static void find_twins(struct inventory *inv, const struct inventory_tunnel *const *sorted)
{
    char what[200], peer[ADDR_TEXT_MAX];
    for (size_t i = 1; i < inv->count; i++) {
        const struct inventory_tunnel *t = sorted[i];
        if (!same_tunnel(sorted[i - 1], t))
            continue;
        addr_text(&t->peer, peer);
        snprintf(what, sizeof(what), "%s%s%s stands here and in line %u", t->device, t->device[0] ? " " : "",
            t->name[0] ? t->name : peer, (unsigned)sorted[i - 1]->line);
        inventory_wrong(
            inv, t->line, what, SPAN_NONE, t->name[0] ? "keep one of them" : "name them in column tunnel");
    }
}

static uint32_t *positions(const struct inventory *inv, const struct inventory_tunnel **sorted,
    int (*order)(const void *, const void *))
{
    uint32_t *list = malloc(inv->count * sizeof(*list));
    qsort(sorted, inv->count, sizeof(*sorted), order);
    for (size_t i = 0; list && i < inv->count; i++)
        list[i] = (uint32_t)(sorted[i] - inv->tunnels);
    return list;
}

static void finish(struct inventory *inv)
{
    if (!inv->count || inv->exhausted)
        return;
    const struct inventory_tunnel **sorted = malloc(inv->count * sizeof(*sorted));
    for (size_t i = 0; sorted && i < inv->count; i++)
        sorted[i] = &inv->tunnels[i];
    if (sorted) {
        qsort(sorted, inv->count, sizeof(*sorted), by_name);
        find_twins(inv, sorted);
        inv->by_pair = positions(inv, sorted, by_pair);
        inv->by_device = positions(inv, sorted, by_device);
    }
    free(sorted);
    inv->exhausted = !inv->by_pair || !inv->by_device;
}

static int by_line(const void *a, const void *b)
{
    const struct inventory_error *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

int inventory_read_all(struct span text, struct inventory **out, struct inventory_errors *errors)
{
    errors->count = 0;
    *out = NULL;
    struct inventory *inv = calloc(1, sizeof(*inv));
    if (!inv)
        return ERR_NOMEM;
    inv->errors = errors;
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        text = span_skip(text, 3);
    if (inventory_is_csv(text))
        inventory_read_csv(inv, text);
    else
        inventory_read_cli(inv, text);
    finish(inv);
    inv->errors = NULL;
    if (!inv->exhausted && errors->count == 0) {
        *out = inv;
        return 0;
    }
    size_t kept = errors->count < INVENTORY_ERRORS_MAX ? errors->count : INVENTORY_ERRORS_MAX;
    if (kept)
        qsort(errors->list, kept, sizeof(errors->list[0]), by_line);
    int rc = inv->exhausted ? ERR_NOMEM : ERR_PARSE;
    inventory_free(inv);
    return rc;
}

int inventory_read(struct span text, struct inventory **out, char *error, size_t error_cap)
{
    struct inventory_errors errors;
    int rc = inventory_read_all(text, out, &errors);
    if (rc == ERR_PARSE)
        snprintf(error, error_cap, "line %zu: %s", errors.list[0].line, errors.list[0].text);
    return rc;
}

void inventory_free(struct inventory *inv)
{
    if (!inv)
        return;
    free(inv->tunnels);
    free(inv->by_pair);
    free(inv->by_device);
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

/* Where in by_pair the tunnels of this peer and device begin. */
static size_t first_of_pair(const struct inventory *inv, struct span device, const struct addr *peer)
{
    size_t low = 0, high = inv->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct inventory_tunnel *t = &inv->tunnels[inv->by_pair[middle]];
        int order = compare_addr(&t->peer, peer);
        if (order == 0)
            order = compare_nocase(span_of(t->device), device);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Counts those that fit among the tunnels of a device; *one is the last of them. */
static size_t count_fitting(const struct inventory *inv, struct span device, const struct addr *local,
    const struct addr *peer, const struct inventory_tunnel **one)
{
    size_t found = 0;
    for (size_t i = first_of_pair(inv, device, peer); found < 2 && i < inv->count; i++) {
        const struct inventory_tunnel *t = &inv->tunnels[inv->by_pair[i]];
        if (!addr_eq(&t->peer, peer) || compare_nocase(span_of(t->device), device) != 0)
            break;
        if (!t->name[0] || (t->local.family && local->family && !addr_eq(&t->local, local)))
            continue;
        *one = t;
        found++;
    }
    return found;
}

const struct inventory_tunnel *inventory_find(
    const struct inventory *inv, struct span device, const struct addr *local, const struct addr *peer)
{
    const struct inventory_tunnel *one = NULL;
    size_t found = count_fitting(inv, SPAN(""), local, peer, &one);
    if (device.len)
        found += count_fitting(inv, device, local, peer, &one);
    return found == 1 ? one : NULL;
}

const char *inventory_zone(const struct inventory *inv, struct span device)
{
    size_t low = 0, high = inv->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_nocase(span_of(inv->tunnels[inv->by_device[middle]].device), device) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < inv->count; low++) {
        const struct inventory_tunnel *t = &inv->tunnels[inv->by_device[low]];
        if (compare_nocase(span_of(t->device), device) != 0)
            break;
        if (t->tz[0])
            return t->tz;
    }
    return "";
}
