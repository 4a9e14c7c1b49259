/*
 * settings_print.h — names of a setting, and the help made of a table. Used by settings*.c only.
 */
#ifndef IKEWATCH_BASE_SETTINGS_PRINT_H
#define IKEWATCH_BASE_SETTINGS_PRINT_H

#include "classify/base/settings.h"

enum { SETTING_NAME_MAX = 96 };

/* "kafka-brokers", or the row's own long name. */
void setting_flag(const struct setting *row, char buf[SETTING_NAME_MAX]);
/* Does the flag name a file that holds the value? True of a secret without a flag of its own. */
bool setting_by_file(const struct setting *row);
/* "IKEWATCH_KAFKA_BROKERS" */
void setting_variable(const struct setting *row, char buf[SETTING_NAME_MAX]);

/* --help, to stdout. */
void settings_print_help(
    const char *verb, const char *about, const struct settings_table *tables, size_t table_count);

/* Where a value came from, for settings_print_effective(); in settings.c. */
const char *settings_origin(const struct setting *row);

/* Does an earlier row of the tables stand for the same section and key? */
bool setting_repeats(const struct settings_table *tables, size_t table, size_t row);

#endif
