/*
 * inventory.h — what is configured: the tunnels of devices, from vEdge CLI or from CSV, so that addresses and
 * connections get names, clocks their zone, and a verdict the configuration lines it is about.
 *
 * In      a whole file. One whose first line names columns, `device` or another of CSV's, is CSV; all others
 *         are vEdge CLI.
 *         CSV  RFC 4180, UTF-8 (byte order mark and CRLF are fine), columns in any order: device system_ip
 *              site tunnel vpn local peer peer_name carrier circuit_id tz contract; needed are device, and
 *              tunnel or both local and peer. Values are texts, whatever they look like.
 *         CLI  one device after the other, each beginning with `system`. Secrets are never kept.
 * Source  messages.md 2.4 (CLI grammar); the corpus' config.txt; RFC 4180.
 * Threads const after loading: any thread may look up.
 */
#ifndef IKEWATCH_CLASSIFY_INVENTORY_H
#define IKEWATCH_CLASSIFY_INVENTORY_H

#include "classify/base/addr.h"

enum {
    INVENTORY_TEXT_BYTES = 64,
    INVENTORY_QUOTES_MAX = 12,
    INVENTORY_ERRORS_MAX = 20,
    INVENTORY_ERROR_BYTES = 256,
};

struct inventory; /* opaque */

/* A line of the configuration that shapes an exchange, as it stands there but for its indentation. */
struct inventory_quote {
    uint32_t line;       /* 1-based */
    const char *section; /* "ike", "ipsec", "" of the interface itself */
    char text[80];       /* perfect-forward-secrecy group-14 */
};

/* Texts are "" and numbers 0 where the file does not say. */
struct inventory_tunnel {
    char device[INVENTORY_TEXT_BYTES]; /* "": any device */
    char name[32];                     /* ipsec2; "" of a CSV row that knows only the addresses */
    int32_t vpn_id;                    /* -1: not said */
    struct addr local, peer;           /* family 0: not said (tunnel-source-interface, a DNS name) */
    uint32_t line;                     /* where it begins in the file, 1-based */
    char system_ip[ADDR_TEXT_MAX];
    char site[INVENTORY_TEXT_BYTES], peer_name[INVENTORY_TEXT_BYTES], carrier[INVENTORY_TEXT_BYTES];
    char circuit_id[INVENTORY_TEXT_BYTES], contract[INVENTORY_TEXT_BYTES];
    char tz[INVENTORY_TEXT_BYTES]; /* of the device's clock; Asia/Tokyo */
    bool responder_only, shutdown;
    int dpd_interval_s, dpd_retries;
    int ike_version, ike_rekey_s, ipsec_rekey_s;
    char ike_group[16], ike_cipher_suite[32]; /* 14, aes256-cbc-sha1 */
    char ipsec_cipher_suite[32];              /* aes256-gcm */
    char pfs_group[16];                       /* group-14 */
    size_t quote_count;
    struct inventory_quote quotes[INVENTORY_QUOTES_MAX];
};

struct inventory_error {
    size_t line;
    char text[INVENTORY_ERROR_BYTES]; /* what; remedy */
};

/* In order of lines; `count` may be more than the list holds. */
struct inventory_errors {
    size_t count;
    struct inventory_error list[INVENTORY_ERRORS_MAX];
};

/**
 * @param errors  out: every mistake of the file, when ERR_PARSE
 * @return 0; ERR_PARSE, ERR_NOMEM: *out is NULL
 */
int inventory_read_all(struct span text, struct inventory **out, struct inventory_errors *errors);

/**
 * The same for who wants only the first mistake.
 * @param error  out: "line 12: …" when ERR_PARSE
 */
int inventory_read(struct span text, struct inventory **out, char *error, size_t error_cap);
void inventory_free(struct inventory *inv);

/* Tunnels in the order of the file. */
size_t inventory_count(const struct inventory *inv);
const struct inventory_tunnel *inventory_at(const struct inventory *inv, size_t i);

/**
 * The one named tunnel of this device (or of any) with the peer, and with the local address where both say
 * one.
 * @param device  its name; ASCII case is ignored
 * @return NULL: none, or more than one
 */
const struct inventory_tunnel *inventory_find(
    const struct inventory *inv, struct span device, const struct addr *local, const struct addr *peer);

/* The zone of a device's clock, of the first of its tunnels that says one; "" if none does. */
const char *inventory_zone(const struct inventory *inv, struct span device);

#endif
