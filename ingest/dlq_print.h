/*
 * dlq_print.h — dead letters as a table or as JSON.
 */
#ifndef IKEWATCH_INGEST_DLQ_PRINT_H
#define IKEWATCH_INGEST_DLQ_PRINT_H

#include "ingest/dlq_store.h"

#include <stdio.h>

enum { DLQ_START_BYTES = 60 };

/* The first bytes of a value so that a terminal takes no harm: control and other odd bytes as \xNN, a
 * backslash doubled. "-" for null. */
void dlq_print_start(FILE *out, struct span value, size_t max);

void dlq_print_table(FILE *out, const struct dead_letters *letters);

/* One array; `start` and the headers' names and values hold the first bytes, valid UTF-8 with \xNN for what
 * is none. */
void dlq_print_json(FILE *out, const struct dead_letters *letters);

#endif
