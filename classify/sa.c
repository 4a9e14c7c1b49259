#include "classify/sa.h"

enum {
    GONE_KEPT_MS = 60000,
    HALF_OPEN_KEPT_MS = 120000, /* charon itself waits 30 s */
    SWEEP_EVERY_MS = 5000,
    DUE_SLACK_MS = 2000,
    GIVE_UP_SLACK_MS = 1000,
    DPD_SLACK_MS = 30000, /* the interval of a vEdge is 10 to 30 s */
};

static uint64_t uid_key(const struct classify *c, uint32_t device, int64_t uid)
{
    return hash_mix(device_at(c, device)->id ^ 0x756964, (uint64_t)uid);
}

static uint64_t pair_key(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer)
{
    struct {
        struct addr local, peer;
    } pair = {*local, *peer};
    return span_hash(span_from((const char *)&pair, sizeof(pair)), device_at(c, device)->id);
}

uint32_t sa_by_uid(const struct classify *c, uint32_t device, int64_t uid)
{
    return uid < 0 ? 0 : index_get(&c->uid_index, uid_key(c, device, uid));
}

uint32_t sa_new(struct classify *c, uint32_t device, int64_t uid, int64_t at_ms)
{
    struct device *d = device_at(c, device);
    sa_sweep(c, device, at_ms);
    uint32_t h = d->sa_count < SAS_PER_DEVICE ? pool_take(&c->sas) : 0;
    if (!h) {
        c->counts.shed++;
        return 0;
    }
    d->sa_count++;
    struct sa *sa = sa_at(c, h);
    *sa = (struct sa){.device = device,
        .uid = -1,
        .guess = -1,
        .next_of_device = d->first_sa,
        .created_ms = at_ms,
        .gone_ms = TIME_NONE,
        .next_out = -1,
        .next_in = -1,
        .out_mid = -1};
    d->first_sa = h;
    if (uid >= 0)
        sa_set_uid(c, h, uid);
    return h;
}

int64_t sa_uid(const struct sa *sa)
{
    return sa->uid >= 0 ? sa->uid : sa->guess;
}

void sa_guess_uid(struct classify *c, uint32_t h)
{
    struct device *d = device_at(c, sa_at(c, h)->device);
    if (d->next_uid >= 0)
        sa_at(c, h)->guess = d->next_uid++;
}

void sa_set_uid(struct classify *c, uint32_t h, int64_t uid)
{
    struct sa *sa = sa_at(c, h);
    struct device *d = device_at(c, sa->device);
    if (sa->uid == uid)
        return;
    sa->uid = uid;
    d->next_uid = uid >= d->next_uid ? uid + 1 : d->next_uid;
    index_put(&c->uid_index, uid_key(c, sa->device, uid), h);
    exchange_uid_known(c, sa);
}

void sa_set_tunnel(struct classify *c, uint32_t h, uint32_t tunnel)
{
    struct sa *sa = sa_at(c, h);
    if (sa->tunnel == tunnel)
        return;
    sa->tunnel = tunnel;
    if (pool_live(&c->exchanges, sa->out_exchange)) {
        exchange_at(c, sa->out_exchange)->tunnel = tunnel;
        mark_exchange(c, sa->out_exchange);
    }
    for (int i = 0; i < sa->held_count; i++) {
        if (!pool_live(&c->exchanges, sa->held[i]))
            continue;
        exchange_at(c, sa->held[i])->tunnel = tunnel;
        mark_exchange(c, sa->held[i]);
    }
}

static void unpair(struct classify *c, uint32_t h)
{
    struct sa *sa = sa_at(c, h);
    if (!sa->paired)
        return;
    uint64_t key = pair_key(c, sa->device, &sa->local, &sa->peer);
    uint32_t first = index_get(&c->pair_index, key);
    if (first == h) {
        if (sa->next_of_pair)
            index_put(&c->pair_index, key, sa->next_of_pair);
        else
            index_drop(&c->pair_index, key);
    } else {
        for (uint32_t i = first; i; i = sa_at(c, i)->next_of_pair)
            if (sa_at(c, i)->next_of_pair == h)
                sa_at(c, i)->next_of_pair = sa->next_of_pair;
    }
    sa->paired = false;
    sa->next_of_pair = 0;
}

void sa_set_pair(struct classify *c, uint32_t h, const struct addr *local, const struct addr *peer,
    uint16_t local_port, uint16_t peer_port)
{
    struct sa *sa = sa_at(c, h);
    if (local_port)
        sa->local_port = local_port;
    if (peer_port)
        sa->peer_port = peer_port;
    if (!local->family || !peer->family ||
        (sa->paired && addr_eq(&sa->local, local) && addr_eq(&sa->peer, peer)))
        return;
    unpair(c, h);
    sa->local = *local;
    sa->peer = *peer;
    uint64_t key = pair_key(c, sa->device, local, peer);
    sa->next_of_pair = index_get(&c->pair_index, key);
    sa->paired = index_put(&c->pair_index, key, h);
}

bool sa_pair_of_another(
    const struct classify *c, uint32_t h, const struct addr *local, const struct addr *peer)
{
    const struct sa *sa = sa_at(c, h);
    if (!sa->paired || !sa->tunnel || (addr_eq(&sa->local, local) && addr_eq(&sa->peer, peer)))
        return false;
    for (uint32_t i = index_get(&c->pair_index, pair_key(c, sa->device, local, peer)); i;
         i = sa_at(c, i)->next_of_pair)
        if (sa_at(c, i)->tunnel && sa_at(c, i)->tunnel != sa->tunnel && sa_at(c, i)->state != SA_GONE)
            return true;
    return false;
}

bool sa_pair_is_shared(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer)
{
    uint32_t tunnel = 0;
    for (uint32_t i = index_get(&c->pair_index, pair_key(c, device, local, peer)); i;
         i = sa_at(c, i)->next_of_pair) {
        uint32_t of = sa_at(c, i)->state != SA_GONE ? sa_at(c, i)->tunnel : 0;
        if (of && tunnel && of != tunnel)
            return true;
        tunnel = of ? of : tunnel;
    }
    return false;
}

static bool waits_for(const struct sa *sa, uint8_t type, int64_t mid)
{
    return sa->out_exchange && sa->out_type == type && sa->out_mid == mid;
}

/* The only SA of the device that waits for this; with `peer`, of those whose pair no packet has told yet and
 * whose tunnel has that peer. */
static uint32_t only_waiting(
    const struct classify *c, uint32_t device, const struct addr *peer, uint8_t type, int64_t mid)
{
    uint32_t only = 0;
    for (uint32_t h = device_at(c, device)->first_sa; h; h = sa_at(c, h)->next_of_device) {
        const struct sa *sa = sa_at(c, h);
        if (!waits_for(sa, type, mid) ||
            (peer && (sa->paired || !sa->tunnel || !addr_eq(&tunnel_at(c, sa->tunnel)->peer, peer))))
            continue;
        if (only)
            return 0;
        only = h;
    }
    return only;
}

/* Of a pair's SAs, from its first one on. */
static uint32_t awaiting_of_pair(const struct classify *c, uint32_t h, uint8_t type, int64_t mid)
{
    while (h && !waits_for(sa_at(c, h), type, mid))
        h = sa_at(c, h)->next_of_pair;
    return h;
}

uint32_t sa_awaiting(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, uint8_t type, int64_t mid, bool mangled)
{
    uint32_t first = index_get(&c->pair_index, pair_key(c, device, local, peer));
    uint32_t h = awaiting_of_pair(c, first, type, mid);
    if (h)
        return h;
    uint32_t named = only_waiting(c, device, peer, type, mid);
    if (named || first ||
        !mangled) /* the pair is known: a response that nobody waits for is a repeated one */
        return named;
    return only_waiting(c, device, NULL, type, mid);
}

static bool seen_response(const struct sa *sa, uint8_t type, int64_t mid)
{
    return sa->state != SA_GONE && !sa->out_exchange && sa->out_type == type && sa->out_mid == mid;
}

static bool is_young(const struct sa *sa)
{
    return sa->state == SA_CREATED || sa->state == SA_CONNECTING;
}

bool sa_awaits(const struct classify *c, uint32_t h, uint32_t device, const struct addr *local,
    const struct addr *peer, uint8_t type, int64_t mid)
{
    const struct sa *sa = h && pool_live(&c->sas, h) ? sa_at(c, h) : NULL;
    return sa && sa->device == device && waits_for(sa, type, mid) && addr_eq(&sa->local, local) &&
           addr_eq(&sa->peer, peer);
}

bool sa_due(const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer,
    uint8_t type, int64_t mid, bool response, uint32_t *awaited)
{
    uint32_t first = index_get(&c->pair_index, pair_key(c, device, local, peer));
    *awaited = response ? awaiting_of_pair(c, first, type, mid) : 0;
    if (*awaited || (response && only_waiting(c, device, peer, type, mid)))
        return true;
    if (!response &&
        (type == IKE_SA_INIT || type == INFORMATIONAL_V1 || type == ID_PROT || type == AGGRESSIVE))
        return true;
    for (uint32_t h = first; h; h = sa_at(c, h)->next_of_pair) {
        const struct sa *sa = sa_at(c, h);
        if (response ? seen_response(sa, type, mid)
                     : sa->state != SA_GONE && exchange_is_early(type) == is_young(sa) &&
                           (exchange_is_v1(type) || sa->next_in < 0 || sa->next_in >= mid))
            return true;
    }
    return false;
}

bool sa_any_young(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer)
{
    uint32_t h = index_get(&c->pair_index, pair_key(c, device, local, peer));
    while (h && !is_young(sa_at(c, h)))
        h = sa_at(c, h)->next_of_pair;
    return h != 0;
}

/* How well an SA fits a request: 0 not at all. IKE_SA_INIT and IKE_AUTH belong to SAs not yet established,
 * the rest to others. */
static int fit(const struct sa *sa, uint8_t type, int64_t mid, bool out)
{
    if (sa->state == SA_GONE)
        return 0;
    bool early = exchange_is_early(type), young = is_young(sa);
    if (early != young)
        return (type == INFORMATIONAL && mid <= 2) ||
               type == INFORMATIONAL_V1; /* it refuses IKE_AUTH, or phase 1 */
    if (early && sa->initiator != out)
        return 0;
    int64_t next = exchange_is_v1(type) ? -1 : out ? sa->next_out : sa->next_in;
    int expects = next == mid ? 4 : next < 0 ? 2 : 1;
    return expects + (sa->state == SA_ESTABLISHED);
}

uint32_t sa_expecting(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, uint8_t type, int64_t mid, bool out)
{
    uint32_t best = 0;
    int best_fit = 0;
    for (uint32_t h = index_get(&c->pair_index, pair_key(c, device, local, peer)); h;
         h = sa_at(c, h)->next_of_pair) {
        int f = fit(sa_at(c, h), type, mid, out);
        if (f > best_fit) { /* the chain begins with the youngest */
            best = h;
            best_fit = f;
        }
    }
    return best;
}

uint32_t sa_moved(const struct classify *c, uint32_t device, const struct addr *local, int64_t mid)
{
    uint32_t only = 0;
    for (uint32_t h = device_at(c, device)->first_sa; h; h = sa_at(c, h)->next_of_device) {
        const struct sa *sa = sa_at(c, h);
        if (sa->state != SA_ESTABLISHED || sa->next_in != mid || !addr_eq(&sa->local, local))
            continue;
        if (only)
            return 0;
        only = h;
    }
    return only;
}

int64_t sa_refused_before(const struct classify *c, uint32_t h)
{
    const struct sa *this = sa_at(c, h);
    int64_t first = TIME_NONE;
    for (uint32_t i = index_get(&c->pair_index, pair_key(c, this->device, &this->local, &this->peer)); i;
         i = sa_at(c, i)->next_of_pair) {
        const struct sa *sa = sa_at(c, i);
        if (i != h && sa->facts & FACT_BIT(FACT_NO_IKE_CONFIG) &&
            (first == TIME_NONE || sa->created_ms < first))
            first = sa->created_ms;
    }
    return first;
}

uint32_t sa_tunnel_of_peer(const struct classify *c, uint32_t device, const struct addr *peer)
{
    uint32_t only = 0;
    for (uint32_t h = device_at(c, device)->first_sa; h; h = sa_at(c, h)->next_of_device) {
        const struct sa *sa = sa_at(c, h);
        if (sa->state == SA_GONE || !sa->tunnel || !addr_eq(&sa->peer, peer))
            continue;
        if (only && only != sa->tunnel)
            return 0;
        only = sa->tunnel;
    }
    return only;
}

uint32_t sa_of_tunnel(const struct classify *c, uint32_t tunnel, uint8_t type, int64_t mid)
{
    uint32_t best = 0;
    int best_fit = 0;
    for (uint32_t h = device_at(c, tunnel_at(c, tunnel)->device)->first_sa; h;
         h = sa_at(c, h)->next_of_device) {
        int f = sa_at(c, h)->tunnel == tunnel ? fit(sa_at(c, h), type, mid, true) : 0;
        if (f > best_fit) {
            best = h;
            best_fit = f;
        }
    }
    return best;
}

/* T * 1.8^k in milliseconds. */
static int64_t timeout_ms(int32_t base_ms, int32_t k)
{
    int64_t t = base_ms;
    for (int32_t i = 0; i < k && i < 64; i++)
        t = t * 9 / 5;
    return t;
}

int64_t sa_gives_up_at(int64_t sent_ms, int32_t base_ms, int32_t tries)
{
    int64_t at = sent_ms;
    for (int32_t k = 0; k <= tries; k++)
        at += timeout_ms(base_ms, k);
    return at;
}

/* How far from its due time retransmission or give-up number k comes; unknown schedules are as good as any.
 */
static int64_t off_schedule(const struct sa *sa, int64_t at_ms)
{
    if (!sa->out_base_ms)
        return DUE_SLACK_MS;
    int64_t due = sa->out_last_ms + timeout_ms(sa->out_base_ms, sa->out_retransmits);
    return at_ms > due ? at_ms - due : due - at_ms;
}

/* Was this its retransmission? With `lossy`, lines of earlier ones may be missing. */
static bool sent_so_often(const struct sa *sa, int32_t sent_before, bool lossy)
{
    return lossy ? sa->out_retransmits < sent_before : sa->out_retransmits == sent_before;
}

/* The SAs of the device for whose schedules `at_ms` is nearest. @return how many are equally near */
static size_t nearest(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, int64_t mid, int32_t sent_before, bool lossy, int64_t at_ms,
    uint32_t best[SA_TIED_MAX])
{
    size_t n = 0;
    int64_t best_off = INT64_MAX;
    for (uint32_t h = device_at(c, device)->first_sa; h; h = sa_at(c, h)->next_of_device) {
        const struct sa *sa = sa_at(c, h);
        if (!sa->out_exchange || !sent_so_often(sa, sent_before, lossy) || (mid >= 0 && sa->out_mid != mid))
            continue;
        if (local && (!addr_eq(&sa->local, local) || !addr_eq(&sa->peer, peer)))
            continue;
        int64_t off = off_schedule(sa, at_ms);
        if (off > best_off)
            continue;
        n = off < best_off ? 0 : n;
        best_off = off;
        if (n < SA_TIED_MAX)
            best[n] = h;
        n++;
    }
    return n;
}

uint32_t sa_retransmitting(const struct classify *c, uint32_t device, const struct addr *local,
    const struct addr *peer, int64_t mid, int32_t attempt, int64_t at_ms)
{
    uint32_t best[SA_TIED_MAX];
    if (local) {
        size_t n = nearest(c, device, local, peer, mid, attempt - 1, false, at_ms, best);
        if (!n)
            n = nearest(c, device, local, peer, mid, attempt - 1, true, at_ms, best);
        return n == 1 ? best[0] : 0;
    }
    uint32_t only = 0; /* the packet's line that follows has the pair: no need to guess by time */
    for (uint32_t h = device_at(c, device)->first_sa; h; h = sa_at(c, h)->next_of_device) {
        const struct sa *sa = sa_at(c, h);
        if (!sa->out_exchange || sa->out_mid != mid || sa->out_retransmits != attempt - 1)
            continue;
        if (only)
            return 0;
        only = h;
    }
    return only;
}

uint32_t sa_dpd_unanswered(const struct classify *c, uint32_t device)
{
    uint32_t due = 0;
    for (uint32_t h = device_at(c, device)->first_sa; h; h = sa_at(c, h)->next_of_device) {
        const struct sa *sa = sa_at(c, h), *than = due ? sa_at(c, due) : NULL;
        if (!sa->probes || sa->state == SA_GONE)
            continue;
        if (!than || sa->probes > than->probes ||
            (sa->probes == than->probes && sa->probe_ms < than->probe_ms))
            due = h;
    }
    return due;
}

bool sa_dpd_alone(const struct classify *c, uint32_t h, int64_t at_ms)
{
    uint8_t probes = sa_at(c, h)->probes;
    for (uint32_t i = device_at(c, sa_at(c, h)->device)->first_sa; i; i = sa_at(c, i)->next_of_device) {
        const struct sa *sa = sa_at(c, i);
        bool silent = sa->state == SA_GONE ? sa->gone_ms + DPD_SLACK_MS >= at_ms : sa->probes + 1 >= probes;
        if (i != h && sa->probes > 1 && silent)
            return false;
    }
    return true;
}

size_t sa_giving_up(
    const struct classify *c, uint32_t device, int32_t attempt, int64_t at_ms, uint32_t due[SA_TIED_MAX])
{
    return nearest(c, device, NULL, NULL, -1, attempt, false, at_ms, due);
}

/* Did it give up a moment ago, or may it do so now? */
static bool gives_up_about(const struct sa *sa, int32_t attempt, int64_t at_ms, int64_t margin_ms)
{
    if (sa->out_retransmits != attempt)
        return false;
    return sa->state == SA_GONE ? sa->gone_ms + margin_ms >= at_ms
                                : sa->out_exchange && off_schedule(sa, at_ms) <= margin_ms;
}

bool sa_giving_up_alone(const struct classify *c, uint32_t h, int32_t attempt, int64_t at_ms)
{
    int64_t margin_ms = off_schedule(sa_at(c, h), at_ms) + timeout_ms(GIVE_UP_SLACK_MS, attempt);
    for (uint32_t i = device_at(c, sa_at(c, h)->device)->first_sa; i; i = sa_at(c, i)->next_of_device)
        if (i != h && gives_up_about(sa_at(c, i), attempt, at_ms, margin_ms))
            return false;
    return true;
}

static void forget(struct classify *c, uint32_t h)
{
    struct sa *sa = sa_at(c, h);
    exchange_release(c, sa);
    unpair(c, h);
    if (sa_by_uid(c, sa->device, sa->uid) == h)
        index_drop(&c->uid_index, uid_key(c, sa->device, sa->uid));
    struct device *d = device_at(c, sa->device);
    for (int i = 0; i < THREADS_MAX; i++)
        if (d->jobs[i] && job_at(c, d->jobs[i])->sa == h)
            job_at(c, d->jobs[i])->sa = 0;
    if (d->first_sa == h) {
        d->first_sa = sa->next_of_device;
    } else {
        for (uint32_t i = d->first_sa; i; i = sa_at(c, i)->next_of_device)
            if (sa_at(c, i)->next_of_device == h)
                sa_at(c, i)->next_of_device = sa->next_of_device;
    }
    d->sa_count--;
    pool_give(&c->sas, h);
}

/* Is it time to forget this SA? */
static bool stale(const struct sa *sa, int64_t now_ms)
{
    if (sa->state == SA_GONE)
        return sa->gone_ms + GONE_KEPT_MS < now_ms;
    return is_young(sa) && !sa->out_exchange && sa->created_ms + HALF_OPEN_KEPT_MS < now_ms;
}

void sa_sweep(struct classify *c, uint32_t device, int64_t now_ms)
{
    struct device *d = device_at(c, device);
    if (d->sweep_ms != TIME_NONE && now_ms < d->sweep_ms && now_ms > d->sweep_ms - GONE_KEPT_MS)
        return;
    d->sweep_ms = now_ms + SWEEP_EVERY_MS;
    for (uint32_t h = d->first_sa, next; h; h = next) {
        next = sa_at(c, h)->next_of_device;
        if (stale(sa_at(c, h), now_ms))
            forget(c, h);
    }
}

/* In the same second, or after it by what lines come out of order. */
static bool made_since(const struct sa *sa, int64_t at_ms)
{
    return sa->created_ms / 1000 >= at_ms / 1000 && sa->created_ms <= at_ms + DUE_SLACK_MS;
}

/* Lines of the charon that starts may stand before its start in the same second; it counts uids from 1. */
static bool of_new_run(const struct sa *sa, int64_t made, int64_t at_ms)
{
    return !sa->implicit && made_since(sa, at_ms) && sa->uid <= made;
}

static void set_run(struct classify *c, uint32_t h, int32_t run)
{
    struct sa *sa = sa_at(c, h);
    sa->guess = -1;
    if (pool_live(&c->exchanges, sa->out_exchange))
        exchange_at(c, sa->out_exchange)->run = run;
    for (uint8_t i = 0; i < sa->held_count; i++)
        if (pool_live(&c->exchanges, sa->held[i]))
            exchange_at(c, sa->held[i])->run = run;
}

void sa_forget_before_start(struct classify *c, uint32_t device, int64_t at_ms)
{
    struct device *d = device_at(c, device);
    int64_t made = 0;
    for (uint32_t h = d->first_sa; h; h = sa_at(c, h)->next_of_device)
        made += made_since(sa_at(c, h), at_ms);
    d->next_uid = 1;
    for (uint32_t h = d->first_sa, next; h; h = next) {
        struct sa *sa = sa_at(c, h);
        next = sa->next_of_device;
        if (!of_new_run(sa, made, at_ms)) {
            sa->gone_ms = at_ms;
            forget(c, h);
            continue;
        }
        set_run(c, h, d->run);
        d->next_uid = sa->uid >= d->next_uid ? sa->uid + 1 : d->next_uid;
    }
}

bool sa_any_of_tunnel(const struct classify *c, uint32_t tunnel)
{
    uint32_t h = device_at(c, tunnel_at(c, tunnel)->device)->first_sa;
    while (h && sa_at(c, h)->tunnel != tunnel)
        h = sa_at(c, h)->next_of_device;
    return h != 0;
}
