#include "ingest/analysis_advice.h"

#include <stdio.h>
#include <stdlib.h>

/* What stands for the tunnel's own in a command, and what it is here; "": not known, the name stays. */
struct blank {
    struct span name;
    char value[64];
};

enum { BLANK_PEER, BLANK_VPN, BLANK_TUNNEL, BLANKS };

static bool is_ipsec(struct span name)
{
    if (!span_starts(name, SPAN("ipsec")) || name.len == 5)
        return false;
    for (size_t i = 5; i < name.len; i++)
        if (name.ptr[i] < '0' || name.ptr[i] > '9')
            return false;
    return true;
}

static void make_out(struct blank blanks[BLANKS], const struct row_tunnel *t)
{
    blanks[BLANK_PEER].name = SPAN("PEER");
    blanks[BLANK_VPN].name = SPAN("vpn N");
    blanks[BLANK_TUNNEL].name = SPAN("ipsecN");
    if (!t)
        return;
    if (t->peer.family)
        addr_text(&t->peer, blanks[BLANK_PEER].value);
    if (t->vpn_id != INT_NONE)
        snprintf(blanks[BLANK_VPN].value, sizeof(blanks[BLANK_VPN].value), "vpn %d", t->vpn_id);
    if (is_ipsec(t->name))
        span_copy(blanks[BLANK_TUNNEL].value, sizeof(blanks[BLANK_TUNNEL].value), t->name);
}

/* @return the known blank that stands at `text`, or NULL */
static const struct blank *blank_at(const struct blank blanks[BLANKS], const char *text)
{
    for (int i = 0; i < BLANKS; i++)
        if (blanks[i].value[0] && strncmp(text, blanks[i].name.ptr, blanks[i].name.len) == 0)
            return &blanks[i];
    return NULL;
}

char *analysis_advice_fill(const struct row_tunnel *tunnel, const char *text)
{
    struct blank blanks[BLANKS] = {0};
    char *filled = NULL;
    size_t len = 0;
    FILE *out = text ? open_memstream(&filled, &len) : NULL;
    if (!out)
        return NULL;
    make_out(blanks, tunnel);
    while (*text) {
        const struct blank *b = blank_at(blanks, text);
        if (b)
            fputs(b->value, out);
        else
            fputc(*text, out);
        text += b ? b->name.len : 1;
    }
    if (fclose(out) == 0)
        return filled;
    free(filled);
    return NULL;
}

bool analysis_advice_asks_for_more(
    const struct analysis *a, const struct row_incident *n, const struct cause *cause)
{
    size_t lines = analysis_slice(&a->evidence, n->incident_id).count;
    return catalogue_asks_for_more(cause, n->confidence, lines, n->proposal_diff.ptr);
}

char *analysis_advice_all(
    const struct analysis *a, const struct row_incident *n, const struct cause *cause, bool japanese)
{
    char *advice =
        cause ? catalogue_advice(cause, japanese, analysis_advice_asks_for_more(a, n, cause)) : NULL;
    char *filled = analysis_advice_fill(analysis_tunnel(a, n->tunnel_id), advice);
    free(advice);
    return filled;
}
