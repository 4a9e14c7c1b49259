/*
 * probe.h — how the process is doing, as JSON with reasons, and the description of the API.
 */
#ifndef IKEWATCH_API_PROBE_H
#define IKEWATCH_API_PROBE_H

#include "api/server.h"

/* Bodies, malloc()ed; NULL when memory is short. */
char *probe_ready(const struct server_options *options, bool *ready);
char *probe_openapi(void);

#endif
