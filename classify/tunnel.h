/*
 * tunnel.h — step 7: who is who, and is it up. A tunnel is known by FTMD's interface, charon's connection,
 * the inventory, or only its address pair; when two turn out to be one, the later is merged into the earlier
 * (design 3.7).
 *
 * Source  messages.md 0.7: connection = interface + "_" + VPN, CHILD_SA = "child_" + connection,
 * case-insensitive.
 */
#ifndef IKEWATCH_CLASSIFY_TUNNEL_H
#define IKEWATCH_CLASSIFY_TUNNEL_H

#include "classify/state.h"

/* All make the tunnel if there is none. @return 0: no room (counted as shed) */
uint32_t tunnel_of_interface(
    struct classify *c, uint32_t device, struct span interface, int32_t vpn_id, int64_t at_ms);
uint32_t tunnel_of_conn(struct classify *c, uint32_t device, struct span conn, int64_t at_ms);
uint32_t tunnel_of_child_name(struct classify *c, uint32_t device, struct span child, int64_t at_ms);
uint32_t tunnel_of_pair(
    struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer, int64_t at_ms);

/* The tunnel of the inventory with this pair, 0: none is configured. */
uint32_t tunnel_configured(
    struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer, int64_t at_ms);

/* The tunnel that has this pair, 0: none or more than one. Makes nothing. */
uint32_t tunnel_with_pair(
    const struct classify *c, uint32_t device, const struct addr *local, const struct addr *peer);

/* The connection of this tunnel talks to this peer: addresses are learned, and a tunnel known by them alone
 * is merged. */
void tunnel_learn(struct classify *c, uint32_t tunnel, const struct addr *local, const struct addr *peer);

void tunnel_proof(struct classify *c, uint32_t tunnel, int64_t at_ms);
void tunnel_up(struct classify *c, uint32_t tunnel, const struct event *e, bool ftmd);
void tunnel_down(struct classify *c, uint32_t tunnel, const struct event *e, bool ftmd);

/* CHILD_SAs: presence decides up and down while FTMD is silent about the tunnel. */
void tunnel_child_up(struct classify *c, uint32_t tunnel, int64_t child_id, int64_t spi_in, int64_t spi_out,
    const struct event *e);
/* Does a CHILD_SA that was made after this one live? */
bool tunnel_child_replaced(const struct classify *c, uint32_t tunnel, int64_t child_id);
void tunnel_child_gone(struct classify *c, uint32_t tunnel, int64_t child_id, const struct event *e);
void tunnel_children_gone(struct classify *c, uint32_t tunnel, const struct event *e);
/* The tunnel with a CHILD_SA of this SPI, 0: none. `newest`: out, whether no younger CHILD_SA has come in a
 * later second. */
uint32_t tunnel_with_spi(const struct classify *c, uint32_t device, int64_t spi, bool *newest);
/* Did a CHILD_SA come so short a time ago that one not known may be the one it replaced? */
bool tunnel_rekeyed_lately(const struct classify *c, uint32_t tunnel, int64_t at_ms);

const char *tunnel_state_name(uint8_t state);
const char *identity_name(uint8_t identity);

#endif
