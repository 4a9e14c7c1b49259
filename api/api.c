#include "api/api.h"

#include "api/server.h"

#include <stdlib.h>

enum { PATIENCE_MS = 5000 };

struct api {
    struct pool *pool; /* NULL: probes only */
    struct server *server;
};

static int start_pool(const struct api_options *options, struct api *api)
{
    struct pool_options pool = {options->database_uri, options->threads, options->query_timeout_ms};
    api->pool = pool_start(&pool);
    return api->pool ? 0 : ERR_NOMEM;
}

int api_start(const struct api_options *options, api_ready_fn ready, void *ready_ctx, struct api **out)
{
    *out = NULL;
    struct api *api = calloc(1, sizeof *api);
    int rc = api ? start_pool(options, api) : ERR_NOMEM;
    if (!rc) {
        struct server_options server = {.listen = options->listen,
            .port_file = options->port_file,
            .connections = options->connections,
            .context = {.silent_after_ms = options->silent_after_ms,
                .stay_down_after_ms = options->stay_down_after_ms},
            .pool = api->pool,
            .ready = ready,
            .ready_ctx = ready_ctx};
        rc = server_start(&server, &api->server);
    }
    if (!rc) {
        *out = api;
        return 0;
    }
    if (api && api->pool) {
        pool_drain(api->pool, 0);
        pool_free(api->pool);
    }
    free(api);
    return rc;
}

int ops_start(const char *listen, api_ready_fn ready, void *ready_ctx, struct api **out)
{
    struct server_options server = {
        .listen = listen, .connections = 64, .ready = ready, .ready_ctx = ready_ctx};
    *out = NULL;
    struct api *api = calloc(1, sizeof *api);
    int rc = api ? server_start(&server, &api->server) : ERR_NOMEM;
    if (rc)
        free(api);
    else
        *out = api;
    return rc;
}

void api_stop(struct api *api)
{
    if (!api)
        return;
    server_quiesce(api->server);
    if (api->pool)
        pool_drain(api->pool, PATIENCE_MS);
    server_stop(api->server);
    if (api->pool)
        pool_free(api->pool);
    free(api);
}
