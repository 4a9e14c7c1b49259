/*
 * server.h — HTTP: routes a request to a page, a probe or a job of the pool, and sends what comes back.
 *
 * Threads libmicrohttpd's own (epoll); a request that waits for the database is suspended and holds none of
 * them. Limits  target 8000 bytes, request head 32 KiB, idle connections 30 s, connections by setting.
 */
#ifndef IKEWATCH_API_SERVER_H
#define IKEWATCH_API_SERVER_H

#include "api/api.h"
#include "api/pool.h"

struct server; /* opaque */

struct server_options {
    const char *listen, *port_file;
    uint64_t connections;
    struct param_context context; /* now_ms, accept_language and causes are filled per request */
    struct pool *pool;            /* NULL: probes and metrics only */
    api_ready_fn ready;           /* NULL: always */
    void *ready_ctx;
};

/* @return 0 and *out; ERR_CONFIG, ERR_HTTP, ERR_IO or ERR_NOMEM, said on the log */
int server_start(const struct server_options *options, struct server **out);

/* No new connections from now on; those under way go on. */
void server_quiesce(struct server *s);

/* Call after pool_drain(): no request waits for the database any more. Requests under way have a second to be
 * sent. */
void server_stop(struct server *s);

#endif
