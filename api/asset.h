/*
 * asset.h — the dashboard's files, compiled into the program (api/dashboard/, by embed.cmake).
 */
#ifndef IKEWATCH_API_ASSET_H
#define IKEWATCH_API_ASSET_H

#include "classify/base/span.h"

struct asset {
    const char *path; /* "/", "/dashboard.css" */
    const char *type; /* media type */
    const unsigned char *bytes;
    size_t len;
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
