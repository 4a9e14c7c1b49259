/*
 * settings_value.h — the value of one setting: from its text into the options struct, and back.
 *
 * Used by settings.c and settings_print.c only; rooms read their options struct.
 */
#ifndef IKEWATCH_BASE_SETTINGS_VALUE_H
#define IKEWATCH_BASE_SETTINGS_VALUE_H

#include "classify/base/settings.h"

enum { SETTING_TEXT_MAX = 32 }; /* of a formatted number, duration or size */

/* @return false if text is no duration (250ms 10s 15m 24h 400d 0). */
bool setting_duration(const char *text, int64_t *ms);
/* @return false if text is no size (512 64K 256M 2G, powers of 1024). */
bool setting_bytes(const char *text, uint64_t *bytes);

/**
 * Replace the value. Texts are copied, the old one is freed.
 * @param text  NULL unsets a text
 * @param why   out: what is allowed, when false
 */
bool setting_set(const struct setting *row, void *options, const char *text, char *why, size_t cap);

/* One more line of a SETTING_LIST. */
bool setting_append(const struct setting *row, void *options, const char *text);

void setting_free(const struct setting *row, void *options);

/* The value as it is written in a file: buf or the text itself; NULL when unset. */
const char *setting_text(const struct setting *row, const void *options, char buf[SETTING_TEXT_MAX]);

/* What may be written, in words: "a duration such as 250ms, 10s, 15m, 24h or 400d, from 1s to 1h". */
void setting_allowed(const struct setting *row, char *buf, size_t cap);

#endif
