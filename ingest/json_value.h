/*
 * json_value.h — values of rows as JSON: what is not known is null.
 */
#ifndef IKEWATCH_INGEST_JSON_VALUE_H
#define IKEWATCH_INGEST_JSON_VALUE_H

#include "classify/base/span.h"

#include <jansson.h>

/* @return a new reference */
json_t *json_of_span(struct span s);
json_t *json_of_time(int64_t ms); /* RFC 3339 UTC */

#endif
