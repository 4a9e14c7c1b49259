#include "ingest/analysis_config.h"

/* What a cause is about: the key, within its block of the interface, and the exchange it shapes. */
static const struct shape {
    const char *cause, *section, *key, *exchange;
} shapes[] = {
    {"ike-proposal-mismatch", "ike", "cipher-suite", "IKE_SA_INIT"},
    {"ike-proposal-mismatch", "ike", "group", "IKE_SA_INIT"},
    {"ke-group-mismatch", "ike", "group", "IKE_SA_INIT"},
    {"ike-version-mismatch", "ike", "version", "IKE_SA_INIT"},
    {"ike-mode-mismatch", "ike", "mode", "ID_PROT or AGGRESSIVE"},
    {"peer-unreachable", "", "tunnel-destination", "IKE_SA_INIT"},
    {"peer-unreachable", "", "tunnel-source", "IKE_SA_INIT"},
    {"init-send-failed", "", "tunnel-source", "IKE_SA_INIT"},
    {"psk-mismatch", "ike", "authentication-type", "IKE_AUTH"},
    {"psk-missing", "ike", "authentication-type", "IKE_AUTH"},
    {"auth-rejected-by-peer", "ike", "authentication-type", "IKE_AUTH"},
    {"auth-method-mismatch", "ike", "authentication-type", "IKE_AUTH"},
    {"esp-proposal-mismatch", "ipsec", "cipher-suite", "IKE_AUTH"},
    {"pfs-mismatch", "ipsec", "perfect-forward-secrecy", "CREATE_CHILD_SA"},
    {"rekey-unanswered", "ipsec", "rekey", "CREATE_CHILD_SA"},
    {"rekey-unanswered", "ipsec", "perfect-forward-secrecy", "CREATE_CHILD_SA"},
    {"lifetime-expired", "ipsec", "rekey", "CREATE_CHILD_SA"},
    {"rekey-collision", "ipsec", "rekey", "CREATE_CHILD_SA"},
    {"ike-rekey-proposal-mismatch", "ike", "cipher-suite", "CREATE_CHILD_SA"},
    {"ike-rekey-proposal-mismatch", "ike", "group", "CREATE_CHILD_SA"},
    {"ike-rekey-proposal-mismatch", "ike", "rekey", "CREATE_CHILD_SA"},
    {"path-loss", "", "dead-peer-detection", "INFORMATIONAL"},
    {"admin-shutdown", "", "shutdown", "none: the interface is shut down"},
};

static bool begins(const struct inventory_quote *q, const struct shape *s)
{
    size_t n = strlen(s->key);
    return strcmp(q->section, s->section) == 0 && strncmp(q->text, s->key, n) == 0 &&
           (q->text[n] == ' ' || q->text[n] == '-' || q->text[n] == '\0');
}

static const char *exchange_of(const struct inventory_quote *q, struct span cause)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (span_eq(cause, span_of(shapes[i].cause)) && begins(q, &shapes[i]))
            return shapes[i].exchange;
    return NULL;
}

static struct span device_name(const struct analysis *a, const struct row_tunnel *t)
{
    for (size_t i = 0; i < a->devices.count; i++) {
        const struct row_device *d = a->devices.at[i];
        if (d->device_id == t->device_id)
            return d->name;
    }
    return (struct span){0};
}

static const struct inventory_tunnel *configured(const struct analysis *a, const struct row_tunnel *t)
{
    struct span device = device_name(a, t);
    for (size_t i = 0; a->inventory && i < inventory_count(a->inventory); i++) {
        const struct inventory_tunnel *c = inventory_at(a->inventory, i);
        if (span_eq(t->name, span_of(c->name)) &&
            (!c->device[0] || span_eq_nocase(device, span_of(c->device))))
            return c;
    }
    return NULL;
}

void analysis_config_lines(const struct analysis *a, const struct row_tunnel *t, struct span cause,
    analysis_config_fn each, void *ctx)
{
    const struct inventory_tunnel *c = configured(a, t);
    for (size_t i = 0; c && i < c->quote_count; i++) {
        const char *exchange = exchange_of(&c->quotes[i], cause);
        if (exchange)
            each(ctx, &c->quotes[i], exchange);
    }
}
