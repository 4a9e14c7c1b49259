/* vEdge CLI: only words that are known are kept, so that a secret never is. */
#include "classify/inventory_build.h"

struct device {
    char name[INVENTORY_TEXT_BYTES], system_ip[ADDR_TEXT_MAX];
    char site[INVENTORY_TEXT_BYTES], tz[INVENTORY_TEXT_BYTES];
};

/* Where the reader stands in the CLI's tree. */
struct place {
    struct inventory *inv;
    size_t line, first; /* first: of the device's tunnels */
    struct device device;
    int vpn_id;
    struct inventory_tunnel *tunnel; /* NULL: in no ipsec interface */
    const char *section;
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

/* A word and its value, not what follows: that may be a secret. Of dead-peer-detection all is known. */
static void quote(struct place *p, const char *section, struct span key, struct span rest)
{
    struct inventory_tunnel *t = p->tunnel;
    struct span value = take_word(&rest);
    const char *end = value.len ? value.ptr + value.len : key.ptr + key.len;
    while (span_eq(key, SPAN("dead-peer-detection")) && (value = take_word(&rest)).len)
        end = value.ptr + value.len;
    if (t->quote_count == INVENTORY_QUOTES_MAX)
        return;
    struct inventory_quote *q = &t->quotes[t->quote_count++];
    q->line = (uint32_t)p->line;
    q->section = section;
    inventory_text(
        p->inv, p->line, "line", span_from(key.ptr, (size_t)(end - key.ptr)), q->text, sizeof(q->text));
}

/* dead-peer-detection interval 10 retries 3 */
static void read_dpd(struct place *p, struct span rest)
{
    struct span key;
    while ((key = take_word(&rest)).len) {
        struct span value = take_word(&rest);
        if (span_eq(key, SPAN("interval")))
            inventory_number(p->inv, p->line, "interval", value, 65535, &p->tunnel->dpd_interval_s);
        else if (span_eq(key, SPAN("retries")))
            inventory_number(p->inv, p->line, "retries", value, 255, &p->tunnel->dpd_retries);
        else
            inventory_wrong(p->inv, p->line, "dead-peer-detection", key, "it takes interval and retries");
    }
}

static void read_word(struct place *p, const char *what, struct span value, char *field, size_t cap)
{
    if (value.len)
        inventory_text(p->inv, p->line, what, value, field, cap);
    else
        inventory_wrong(p->inv, p->line, what, value, "give it a value");
}

/* @return is it a word of this section? */
static bool read_ike(struct place *p, struct span key, struct span value)
{
    struct inventory_tunnel *t = p->tunnel;
    if (span_eq(key, SPAN("version")))
        inventory_number(p->inv, p->line, "version", value, 2, &t->ike_version);
    else if (span_eq(key, SPAN("rekey")))
        inventory_number(p->inv, p->line, "rekey", value, 1209600, &t->ike_rekey_s);
    else if (span_eq(key, SPAN("group")))
        read_word(p, "group", value, t->ike_group, sizeof(t->ike_group));
    else if (span_eq(key, SPAN("cipher-suite")))
        read_word(p, "cipher-suite", value, t->ike_cipher_suite, sizeof(t->ike_cipher_suite));
    else
        return span_eq(key, SPAN("mode")) || span_eq(key, SPAN("local-id")) ||
               span_eq(key, SPAN("remote-id"));
    return true;
}

static bool read_ipsec(struct place *p, struct span key, struct span value)
{
    struct inventory_tunnel *t = p->tunnel;
    if (span_eq(key, SPAN("rekey")))
        inventory_number(p->inv, p->line, "rekey", value, 1209600, &t->ipsec_rekey_s);
    else if (span_eq(key, SPAN("cipher-suite")))
        read_word(p, "cipher-suite", value, t->ipsec_cipher_suite, sizeof(t->ipsec_cipher_suite));
    else if (span_eq(key, SPAN("perfect-forward-secrecy")))
        read_word(p, "perfect-forward-secrecy", value, t->pfs_group, sizeof(t->pfs_group));
    else
        return span_eq(key, SPAN("extended-sequence-number"));
    return true;
}

static bool read_interface(struct place *p, struct span key, struct span rest)
{
    struct inventory_tunnel *t = p->tunnel;
    struct span value = rest;
    value = take_word(&value);
    if (span_eq(key, SPAN("tunnel-source"))) {
        inventory_address(p->inv, p->line, "tunnel-source", value, &t->local);
    } else if (span_eq(key, SPAN("tunnel-destination"))) {
        if (!value.len)
            inventory_wrong(p->inv, p->line, "tunnel-destination", value, "give it the peer's address");
        addr_read(value, &t->peer); /* a DNS name stays unknown */
    } else if (span_eq(key, SPAN("dead-peer-detection"))) {
        read_dpd(p, rest);
    } else if (span_eq(key, SPAN("responder-only")) || span_eq(key, SPAN("ike-responder"))) {
        t->responder_only = true;
    } else if (span_eq(key, SPAN("shutdown"))) {
        t->shutdown = true;
    } else {
        return false;
    }
    return true;
}

static void read_in_tunnel(struct place *p, struct span key, struct span rest)
{
    if (span_eq(key, SPAN("ike")) || span_eq(key, SPAN("ipsec"))) {
        p->section = key.len == 3 ? "ike" : "ipsec";
        key = take_word(&rest);
        if (!key.len)
            return;
    }
    struct span value = rest;
    value = take_word(&value);
    bool in_ike = strcmp(p->section, "ike") == 0, in_ipsec = strcmp(p->section, "ipsec") == 0;
    if ((in_ike && read_ike(p, key, value)) || (in_ipsec && read_ipsec(p, key, value)))
        quote(p, p->section, key, rest);
    else if (read_interface(p, key, rest))
        quote(p, "", key, rest);
}

static void enter_interface(struct place *p, struct span name)
{
    p->tunnel = NULL;
    if (name.len <= 5 || !span_eq_nocase(span_from(name.ptr, 5), SPAN("ipsec")))
        return;
    struct inventory_tunnel *t = inventory_add(p->inv, p->line);
    if (!t)
        return;
    p->tunnel = t;
    p->section = "";
    t->vpn_id = p->vpn_id;
    inventory_text(p->inv, p->line, "interface", name, t->name, sizeof(t->name));
}

/* What a device says of itself may stand before or behind its tunnels. */
static void leave_device(struct place *p)
{
    for (size_t i = p->first; i < p->inv->count; i++) {
        struct inventory_tunnel *t = &p->inv->tunnels[i];
        span_copy(t->device, sizeof(t->device), span_of(p->device.name));
        span_copy(t->system_ip, sizeof(t->system_ip), span_of(p->device.system_ip));
        span_copy(t->site, sizeof(t->site), span_of(p->device.site));
        span_copy(t->tz, sizeof(t->tz), span_of(p->device.tz));
    }
    p->first = p->inv->count;
    p->device = (struct device){0};
    p->vpn_id = -1;
    p->tunnel = NULL;
}

static void read_system(struct place *p, struct span key, struct span value, struct span rest)
{
    struct addr addr;
    if (span_eq(key, SPAN("system")) && !value.len) {
        leave_device(p);
    } else if (span_eq(key, SPAN("host-name"))) {
        if (p->device.name[0] && p->inv->count > p->first)
            leave_device(p);
        read_word(p, "host-name", value, p->device.name, sizeof(p->device.name));
    } else if (span_eq(key, SPAN("system-ip"))) {
        if (inventory_address(p->inv, p->line, "system-ip", value, &addr))
            addr_text(&addr, p->device.system_ip);
    } else if (span_eq(key, SPAN("site-id"))) {
        read_word(p, "site-id", value, p->device.site, sizeof(p->device.site));
    } else if (span_eq(key, SPAN("clock")) && span_eq(value, SPAN("timezone"))) {
        read_word(p, "clock timezone", take_word(&rest), p->device.tz, sizeof(p->device.tz));
    }
}

static void read_line(struct place *p, struct span line)
{
    struct span key = take_word(&line), rest = line, value = take_word(&rest);
    if (!key.len || key.ptr[0] == '!')
        return;
    if (span_eq(key, SPAN("vpn"))) {
        p->tunnel = NULL;
        inventory_number(p->inv, p->line, "vpn", value, 65535, &p->vpn_id);
    } else if (span_eq(key, SPAN("interface"))) {
        enter_interface(p, value);
    } else if (span_eq(key, SPAN("system")) || span_eq(key, SPAN("host-name")) || !p->tunnel) {
        read_system(p, key, value, rest);
    } else {
        read_in_tunnel(p, key, line);
    }
}

void inventory_read_cli(struct inventory *inv, struct span text)
{
    struct place place = {.inv = inv, .vpn_id = -1, .section = ""};
    for (place.line = 1; text.len && !inv->exhausted; place.line++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct span line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        text = span_skip(text, line.len + 1);
        while (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        read_line(&place, line);
    }
    leave_device(&place);
}
