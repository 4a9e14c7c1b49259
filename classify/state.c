#include "classify/state.h"

enum {
    DEVICES_DEFAULT =
        10000, /* bounds of memory; all but the first follow from it or are shared by the partition */
    TUNNELS_PER_DEVICE = 64,
    JOBS_PER_DEVICE = 20,
    EVIDENCE_MAX = 65536,
    PROPOSALS_MAX = 4096,
    PAYLOADS_MAX = PAYLOAD_LISTS_MAX + 1024,
    UNKNOWNS_MAX = 1024,
    PARKED_MAX = 8192,
};

void state_open(struct classify *c)
{
    uint32_t devices = c->options.max_devices ? c->options.max_devices : DEVICES_DEFAULT,
             tunnels = devices * TUNNELS_PER_DEVICE;
    c->watermark_ms = c->held_due_ms = TIME_NONE;
    c->first_holding = 0;
    pool_init(&c->devices, sizeof(struct device), devices);
    pool_init(&c->jobs, sizeof(struct job), devices * JOBS_PER_DEVICE);
    pool_init(&c->sas, sizeof(struct sa), tunnels * 2);
    pool_init(&c->exchanges, sizeof(struct exchange), tunnels * 8);
    pool_init(&c->tunnels, sizeof(struct tunnel), tunnels);
    pool_init(&c->incidents, sizeof(struct incident), tunnels);
    pool_init(&c->evidence, sizeof(struct evidence), EVIDENCE_MAX);
    pool_init(&c->proposals, sizeof(struct proposals), PROPOSALS_MAX);
    pool_init(&c->payloads, sizeof(struct payloads), PAYLOADS_MAX);
    pool_init(&c->parked, sizeof(struct parked), PARKED_MAX);
    pool_init(&c->held, sizeof(struct held), HELD_MAX);
    pool_init(&c->unknowns, sizeof(struct unknown), UNKNOWNS_MAX);
}

void state_close(struct classify *c)
{
    struct pool *pools[] = {&c->devices, &c->jobs, &c->sas, &c->exchanges, &c->tunnels, &c->incidents,
        &c->evidence, &c->proposals, &c->payloads, &c->unknowns, &c->parked, &c->held};
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
        pool_close(pools[i]);
    struct index *indexes[] = {&c->device_index, &c->uid_index, &c->pair_index, &c->name_index,
        &c->payload_index, &c->spi_index, &c->unknown_index};
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
        index_close(indexes[i]);
    c->dirty_devices.count = c->dirty_exchanges.count = c->dirty_tunnels.count = c->dirty_incidents.count = 0;
    c->transition_count = 0;
    c->counts = (struct classify_counts){0};
}

void mark_tunnel(struct classify *c, uint32_t tunnel)
{
    struct tunnel *t = tunnel_at(c, tunnel);
    if (!t->dirty)
        t->dirty = handles_add(&c->dirty_tunnels, tunnel);
}

void mark_exchange(struct classify *c, uint32_t exchange)
{
    struct exchange *x = exchange_at(c, exchange);
    if (!x->dirty)
        x->dirty = handles_add(&c->dirty_exchanges, exchange);
}

void mark_incident(struct classify *c, uint32_t incident)
{
    struct incident *i = incident_at(c, incident);
    if (!i->dirty)
        i->dirty = handles_add(&c->dirty_incidents, incident);
}
