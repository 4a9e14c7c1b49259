/*
 * api.h — the room's door: HTTP questions in, what PostgreSQL answers out.
 */
#ifndef IKEWATCH_API_API_H
#define IKEWATCH_API_API_H

#include "classify/base/settings.h"

struct api_options { /* filled by api/settings.def */
    char *
        listen; /* ADDR:PORT, default 127.0.0.1:8080; port 0: any free one, logged and written to port_file */
    char *port_file;
    char *database_uri; /* shared setting database.uri, -d */
    uint64_t connections, threads;
    int64_t query_timeout_ms, silent_after_ms, stay_down_after_ms;
};

extern struct api_options api_options;
extern const struct settings_table api_settings;

struct api; /* opaque */

/* Another room's part in /readyz: true when ready; else a reason in words. */
typedef bool (*api_ready_fn)(void *ctx, char *reason, size_t cap);

/* @return 0 and *out, or an error said on the log. @thread main */
int api_start(const struct api_options *options, api_ready_fn ready, void *ready_ctx, struct api **out);
void api_stop(struct api *api); /* waits for requests under way, at most 5 s */

/* The operations listener of verbs that have no API: /livez /readyz /metrics only (design 3.19). */
int ops_start(const char *listen, api_ready_fn ready, void *ready_ctx, struct api **out);

/* The verb of this room, called by main.c's table; `api` is there itself. Returns an exit status, or an error
 * code that was said. */
int verb_report(int argc, char **argv);

#endif
