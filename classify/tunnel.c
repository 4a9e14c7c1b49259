#include "classify/tunnel.h"

#include "classify/incident.h"

#include <stdio.h>
#include <stdlib.h>

enum { REKEY_ENDS_MS = 60000 }; /* the CHILD_SA that was replaced is deleted within */

static const char *const state_names[] = {"unknown", "up", "down", "never-up"};
static const char *const identity_names[] = {"unknown", "address", "inventory", "connection", "ftmd"};

const char *tunnel_state_name(uint8_t state)
{
    return state_names[state];
}

const char *identity_name(uint8_t identity)
{
    return identity_names[identity];
}

/* --- identity
 * ---------------------------------------------------------------------------------------------------- */

static uint64_t name_key(const struct classify *c, uint32_t device, struct span name)
{
    char lower[NAME_MAX_BYTES];
    size_t n = span_copy(lower, sizeof(lower), name);
    for (size_t i = 0; i < n; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] | 0x20);
    return span_hash(span_from(lower, n), device_at(c, device)->id);
}

static uint32_t tunnel_new(
    struct classify *c, uint32_t device, struct span name, uint8_t identity, int64_t at_ms)
{
    struct device *d = device_at(c, device);
    uint32_t h = d->tunnel_count < TUNNELS_PER_DEVICE_MAX ? pool_take(&c->tunnels) : 0;
    if (!h || !index_put(&c->name_index, name_key(c, device, name), h)) {
        c->counts.shed++;
        pool_give(&c->tunnels, h);
        return 0;
    }
    struct tunnel *t = tunnel_at(c, h);
    d->tunnel_count++;
    *t = (struct tunnel){.id = name_key(c, device, name),
        .device = device,
        .next_of_device = d->first_tunnel,
        .vpn_id = INT_NONE,
        .identity = identity,
        .since_ms = TIME_NONE,
        .first_seen_ms = at_ms,
        .last_proof_ms = TIME_NONE,
        .next_rekey_ms = TIME_NONE,
        .predicted_ms = TIME_NONE,
        .first_unanswered_ms = TIME_NONE,
        .onset_earliest_ms = TIME_NONE,
        .trouble_ms = TIME_NONE};
    span_copy(t->name, sizeof(t->name), name);
    d->first_tunnel = h;
    mark_tunnel(c, h);
    return h;
}

static void rename_tunnel(struct classify *c, uint32_t h, struct span name, uint8_t identity)
{
    struct tunnel *t = tunnel_at(c, h);
    index_drop(&c->name_index, name_key(c, t->device, span_of(t->name)));
    span_copy(t->name, sizeof(t->name), name);
    index_put(&c->name_index, name_key(c, t->device, name), h);
    t->identity = identity;
    mark_tunnel(c, h);
}

static bool unnamed(const struct tunnel *t)
{
    return t->identity == IDENTITY_ADDRESS && !t->merged_into;
}

/* The only tunnel of the device that has no name yet and fits; 0: none, or several. */
static uint32_t only_unnamed(const struct classify *c, uint32_t device,
    bool (*fits)(const struct tunnel *, const void *), const void *what)
{
    uint32_t only = 0;
    for (uint32_t h = device_at(c, device)->first_tunnel; h; h = tunnel_at(c, h)->next_of_device) {
        const struct tunnel *t = tunnel_at(c, h);
        if (!unnamed(t) || !fits(t, what))
            continue;
        if (only)
            return 0;
        only = h;
    }
    return only;
}

/* Going down this very moment, or about to: its peer does not answer. */
static bool in_trouble(const struct tunnel *t, const void *at_ms)
{
    int64_t at = *(const int64_t *)at_ms;
    const uint64_t silence = FACT_BIT(FACT_INFO_UNANSWERED) | FACT_BIT(FACT_CHILD_UNANSWERED) |
                             FACT_BIT(FACT_INFO_GIVEN_UP) | FACT_BIT(FACT_CHILD_GIVEN_UP) |
                             FACT_BIT(FACT_IKE_DELETE_RECEIVED) | FACT_BIT(FACT_CHILD_DELETE_RECEIVED);
    bool just_down = t->state == TUNNEL_DOWN && at - t->since_ms <= JOB_GAP_MS;
    return just_down || (t->state != TUNNEL_DOWN && (t->facts & silence));
}

static bool has_peer(const struct tunnel *t, const void *peer)
{
    return addr_eq(&t->peer, peer);
}

uint32_t tunnel_of_interface(
    struct classify *c, uint32_t device, struct span interface, int32_t vpn_id, int64_t at_ms)
{
    uint32_t h = index_get(&c->name_index, name_key(c, device, interface));
    if (!h) {
        h = only_unnamed(c, device, in_trouble, &at_ms);
        if (h)
            rename_tunnel(c, h, interface, IDENTITY_FTMD);
        else
            h = tunnel_new(c, device, interface, IDENTITY_FTMD, at_ms);
    }
    if (!h)
        return 0;
    struct tunnel *t = tunnel_at(c, h);
    if (t->vpn_id != vpn_id && vpn_id >= 0) {
        t->vpn_id = vpn_id;
        mark_tunnel(c, h);
    }
    return h;
}

/* "ipsec2_1" → "ipsec2", VPN 1; any other name stands for itself. */
static struct span split_conn(struct span conn, int32_t *vpn_id)
{
    *vpn_id = INT_NONE;
    for (size_t i = conn.len; i > 1; i--) {
        if (conn.ptr[i - 1] != '_')
            continue;
        uint64_t vpn;
        if (!span_u64(span_skip(conn, i), &vpn) || vpn > 65535)
            break;
        *vpn_id = (int32_t)vpn;
        return span_from(conn.ptr, i - 1);
    }
    return conn;
}

uint32_t tunnel_of_conn(struct classify *c, uint32_t device, struct span conn, int64_t at_ms)
{
    int32_t vpn_id;
    struct span name = split_conn(conn, &vpn_id);
    uint32_t h = index_get(&c->name_index, name_key(c, device, name));
    if (!h)
        h = tunnel_new(c, device, name, IDENTITY_CONNECTION, at_ms);
    if (!h)
        return 0;
    struct tunnel *t = tunnel_at(c, h);
    if (!t->conn[0] || (vpn_id != INT_NONE && t->vpn_id == INT_NONE)) {
        span_copy(t->conn, sizeof(t->conn), conn);
        t->vpn_id = t->vpn_id == INT_NONE ? vpn_id : t->vpn_id;
        mark_tunnel(c, h);
    }
    return h;
}

uint32_t tunnel_of_child_name(struct classify *c, uint32_t device, struct span child, int64_t at_ms)
{
    if (child.len > 6 && span_eq_nocase(span_from(child.ptr, 6), SPAN("child_")))
        child = span_skip(child, 6);
    return tunnel_of_conn(c, device, child, at_ms);
}

uint32_t tunnel_with_pair(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer)
{
    uint32_t only = 0;
    for (uint32_t h = device_at(c, device)->first_tunnel; h; h = tunnel_at(c, h)->next_of_device) {
        const struct tunnel *t = tunnel_at(c, h);
        if (t->merged_into || !addr_eq(&t->local, local) || !addr_eq(&t->peer, peer))
            continue;
        if (only)
            return 0;
        only = h;
    }
    return only;
}

static void set_pair(struct classify *c, uint32_t h, const struct addr *local, const struct addr *peer)
{
    if (!h || tunnel_at(c, h)->peer.family)
        return;
    tunnel_at(c, h)->local = *local;
    tunnel_at(c, h)->peer = *peer;
}

uint32_t tunnel_configured(
    struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer, int64_t at_ms)
{
    const struct inventory *inv = c->options.inventory;
    const struct inventory_tunnel *known =
        inv ? inventory_find(inv, span_of(device_at(c, device)->name), local, peer) : NULL;
    if (!known)
        return 0;
    uint32_t h = index_get(&c->name_index, name_key(c, device, span_of(known->name)));
    if (!h)
        h = tunnel_new(c, device, span_of(known->name), IDENTITY_INVENTORY, at_ms);
    if (h && known->vpn_id >= 0)
        tunnel_at(c, h)->vpn_id = known->vpn_id;
    set_pair(c, h, local->family ? local : &known->local, peer);
    return h;
}

uint32_t tunnel_of_pair(
    struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer, int64_t at_ms)
{
    uint32_t h = tunnel_with_pair(c, device, local, peer);
    if (!h)
        h = tunnel_configured(c, device, local, peer, at_ms);
    if (h)
        return h;
    char text[ADDR_TEXT_MAX], name[ADDR_TEXT_MAX + 16];
    addr_text(peer, text);
    snprintf(name, sizeof(name), "unknown:%s", text);
    h = index_get(&c->name_index, name_key(c, device, span_of(name)));
    if (!h)
        h = tunnel_new(c, device, span_of(name), IDENTITY_ADDRESS, at_ms);
    set_pair(c, h, local, peer);
    return h;
}

/* What the tunnel known by its addresses went through becomes the named one's. */
static void merge(struct classify *c, uint32_t from_handle, uint32_t into_handle)
{
    struct tunnel *from = tunnel_at(c, from_handle), *into = tunnel_at(c, into_handle);
    for (uint32_t h = device_at(c, from->device)->first_sa; h; h = sa_at(c, h)->next_of_device)
        if (sa_at(c, h)->tunnel == from_handle)
            sa_at(c, h)->tunnel = into_handle;
    if (from->incident && !into->incident) {
        into->incident = from->incident;
        incident_at(c, from->incident)->tunnel = into_handle;
        mark_incident(c, from->incident);
        from->incident = 0;
    }
    if (into->state == TUNNEL_UNKNOWN && from->state != TUNNEL_UNKNOWN) {
        into->state = from->state;
        into->since_ms = from->since_ms;
        into->seen_up = from->seen_up;
    }
    if (into->last_proof_ms < from->last_proof_ms) {
        into->last_proof_ms = from->last_proof_ms;
        into->last_proof = from->last_proof;
    }
    from->merged_into = into->id;
    from->state = TUNNEL_UNKNOWN;
    mark_tunnel(c, from_handle);
    mark_tunnel(c, into_handle);
}

void tunnel_learn(struct classify *c, uint32_t h, const struct addr *local, const struct addr *peer)
{
    struct tunnel *t = tunnel_at(c, h);
    if (!peer->family || (addr_eq(&t->peer, peer) && (!local->family || addr_eq(&t->local, local))))
        return;
    uint32_t other = unnamed(t) ? 0 : only_unnamed(c, t->device, has_peer, peer);
    if (other && (!local->family || addr_eq(&tunnel_at(c, other)->local, local)))
        merge(c, other, h);
    t->peer = *peer;
    if (local->family)
        t->local = *local;
    else if (other)
        t->local = tunnel_at(c, other)->local;
    mark_tunnel(c, h);
}

/* --- up and down
 * --------------------------------------------------------------------------------------------------- */

void tunnel_proof(struct classify *c, uint32_t h, int64_t at_ms)
{
    struct tunnel *t = tunnel_at(c, h);
    if (t->last_proof_ms >= at_ms)
        return;
    t->last_proof_ms = at_ms;
    mark_tunnel(c, h);
}

static void set_state(struct classify *c, uint32_t h, uint8_t state, int64_t since_ms)
{
    struct tunnel *t = tunnel_at(c, h);
    t->state = state;
    t->since_ms = since_ms;
    mark_tunnel(c, h);
}

static void add_transition(struct classify *c, uint32_t h, const struct event *e, bool up, bool ftmd)
{
    if (c->transition_count == c->transition_cap) {
        uint32_t cap = c->transition_cap ? c->transition_cap * 2 : 64;
        struct transition *more = realloc(c->transitions, cap * sizeof(*more));
        if (!more) {
            c->counts.shed++;
            return;
        }
        c->transitions = more;
        c->transition_cap = cap;
    }
    const struct tunnel *t = tunnel_at(c, h);
    const struct device *d = device_at(c, t->device);
    c->transitions[c->transition_count++] = (struct transition){.device_id = d->id,
        .tunnel_id = t->id,
        .id = hash_mix(hash_mix(t->id, (uint64_t)e->offset), up),
        .incident_id = t->incident ? incident_at(c, t->incident)->id : 0,
        .at_ms = e->at_ms,
        .up = up,
        .ftmd = ftmd,
        .quality = d->future     ? 2
                   : d->replayed ? 1
                                 : 0};
}

void tunnel_up(struct classify *c, uint32_t h, const struct event *e, bool ftmd)
{
    struct tunnel *t = tunnel_at(c, h);
    t->ftmd |= ftmd;
    if (t->state == TUNNEL_UP)
        return;
    set_state(c, h, TUNNEL_UP, e->at_ms);
    add_transition(c, h, e, true, ftmd);
    t->seen_up = true;
    tunnel_proof(c, h, e->at_ms);
    incident_close(c, h, e->at_ms);
}

void tunnel_down(struct classify *c, uint32_t h, const struct event *e, bool ftmd)
{
    struct tunnel *t = tunnel_at(c, h);
    t->ftmd |= ftmd;
    struct incident *i =
        t->incident && !incident_at(c, t->incident)->closed ? incident_at(c, t->incident) : NULL;
    if (t->state == TUNNEL_NEVER_UP)
        return;
    if (t->state == TUNNEL_DOWN) {
        if (ftmd && i && i->declared_ms == TIME_NONE && e->at_ms <= i->began_ms + DECIDE_GRACE_MS) {
            i->declared_ms = e->at_ms;
            incident_line(c, h, ROLE_DECLARED_DOWN, e);
            mark_incident(c, t->incident);
        }
        return;
    }
    if (t->last_proof.q.len)
        incident_note(c, h, ROLE_LAST_PROOF, &t->last_proof);
    if (ftmd)
        incident_line(c, h, ROLE_DECLARED_DOWN, e);
    incident_open_down(c, h, e->at_ms, e->offset, ftmd);
    set_state(c, h, TUNNEL_DOWN, e->at_ms);
    add_transition(c, h, e, false, ftmd);
}

/* --- CHILD_SAs
 * ------------------------------------------------------------------------------------------------------ */

static uint64_t spi_key(const struct classify *c, uint32_t device, int64_t spi)
{
    return hash_mix(device_at(c, device)->id ^ 0x737069, (uint64_t)spi);
}

static void forget_child(struct classify *c, struct tunnel *t, uint8_t i)
{
    index_drop(&c->spi_index, spi_key(c, t->device, t->children[i].spi_in));
    index_drop(&c->spi_index, spi_key(c, t->device, t->children[i].spi_out));
    t->child_count--;
    memmove(&t->children[i], &t->children[i + 1], (size_t)(t->child_count - i) * sizeof(t->children[0]));
}

static bool closed_already(const struct tunnel *t, int64_t child_id, int64_t at_ms)
{
    for (int i = 0; i < CLOSED_MAX; i++)
        if (t->closed[i].id == child_id && same_second(t->closed[i].at_ms, at_ms))
            return true;
    return false;
}

void tunnel_child_up(
    struct classify *c, uint32_t h, int64_t child_id, int64_t spi_in, int64_t spi_out, const struct event *e)
{
    struct tunnel *t = tunnel_at(c, h);
    if (closed_already(t, child_id, e->at_ms))
        return;
    for (uint8_t i = 0; i < t->child_count; i++)
        if (t->children[i].id == child_id && t->children[i].spi_in == spi_in)
            return; /* the outbound half of a rekeyed one, or a doubled line */
    if (t->child_count == CHILDREN_MAX)
        forget_child(c, t, 0);
    t->children[t->child_count++] = (struct child){child_id, spi_in, spi_out, e->at_ms};
    index_put(&c->spi_index, spi_key(c, t->device, spi_in), h);
    index_put(&c->spi_index, spi_key(c, t->device, spi_out), h);
    tunnel_proof(c, h, e->at_ms);
    if (t->state == TUNNEL_UP) /* rekeyed: what was refused before no longer matters */
        incident_renewed(c, h, e->at_ms);
    else if (!t->ftmd || t->state == TUNNEL_UNKNOWN)
        tunnel_up(c, h, e, false);
}

static void lost_last_child(struct classify *c, uint32_t h, const struct event *e)
{
    if (tunnel_at(c, h)->child_count == 0 && !tunnel_at(c, h)->ftmd)
        tunnel_down(c, h, e, false);
}

bool tunnel_child_replaced(const struct classify *c, uint32_t h, int64_t child_id)
{
    const struct tunnel *t = tunnel_at(c, h);
    for (uint8_t i = 0; i < t->child_count; i++)
        if (t->children[i].id > child_id)
            return true;
    return false;
}

void tunnel_child_gone(struct classify *c, uint32_t h, int64_t child_id, const struct event *e)
{
    struct tunnel *t = tunnel_at(c, h);
    for (uint8_t i = 0; i < t->child_count; i++) {
        if (t->children[i].id == child_id) {
            forget_child(c, t, i);
            lost_last_child(c, h, e);
            return;
        }
    }
    t->closed[1] = t->closed[0];
    t->closed[0] = (struct closed){child_id, e->at_ms};
}

void tunnel_children_gone(struct classify *c, uint32_t h, const struct event *e)
{
    struct tunnel *t = tunnel_at(c, h);
    while (t->child_count)
        forget_child(c, t, t->child_count - 1);
    lost_last_child(c, h, e);
}

uint32_t tunnel_with_spi(const struct classify *c, uint32_t device, int64_t spi, bool *newest)
{
    uint32_t h = index_get(&c->spi_index, spi_key(c, device, spi));
    *newest = false;
    if (!h)
        return 0;
    const struct tunnel *t = tunnel_at(c, h);
    if (t->child_count) {
        const struct child *last = &t->children[t->child_count - 1];
        for (uint8_t i = 0; i < t->child_count; i++)
            *newest |= (t->children[i].spi_out == spi || t->children[i].spi_in == spi) &&
                       same_second(t->children[i].up_ms, last->up_ms);
    }
    return h;
}

bool tunnel_rekeyed_lately(const struct classify *c, uint32_t h, int64_t at_ms)
{
    const struct tunnel *t = tunnel_at(c, h);
    return t->child_count && t->children[t->child_count - 1].up_ms + REKEY_ENDS_MS > at_ms;
}
