/*
 * dead_letter.h — a record that cannot be read becomes a row of the same transaction (design 3.12).
 */
#ifndef IKEWATCH_INGEST_DEAD_LETTER_H
#define IKEWATCH_INGEST_DEAD_LETTER_H

#include "classify/record.h"
#include "classify/row.h"

enum { DEAD_LETTER_CAP_BYTES = 4096, DEAD_LETTER_RULE_BYTES = 48 };

/**
 * The record's bytes and headers are copied, capped.
 * @param detail  what was wrong, and the remedy; NULL: as dead_reason_detail()
 */
void dead_letter_add(struct rows *rows, const struct record *r, enum dead_reason reason, const char *detail);

/**
 * Which rule it breaks, of what is stored: of a row that the database refused `SQLSTATE 23514`.
 * @return may point into buf; ptr NULL: the reason is none of ours
 */
struct span dead_letter_rule(struct span reason, struct span detail, char buf[DEAD_LETTER_RULE_BYTES]);

#endif
