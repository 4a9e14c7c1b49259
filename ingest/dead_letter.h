/*
 * dead_letter.h — a record that cannot be read becomes a row of the same transaction (design 3.12).
 */
#ifndef IKEWATCH_INGEST_DEAD_LETTER_H
#define IKEWATCH_INGEST_DEAD_LETTER_H

#include "classify/record.h"
#include "classify/row.h"

enum { DEAD_LETTER_CAP_BYTES = 4096 };

/**
 * The record's bytes are copied, capped.
 * @param detail  what was wrong, and the remedy; NULL: as dead_reason_detail()
 */
void dead_letter_add(struct rows *rows, const struct record *r, enum dead_reason reason, const char *detail);

#endif
