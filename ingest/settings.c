#include "ingest/ingest.h"

struct ingest_options ingest_options;

static const struct setting rows[] = {
#define SETTING(section, key, type, field, fallback, min, max, letter, name, unit, help)                     \
    {section, key, SETTING_##type, offsetof(struct ingest_options, field), fallback, min, max, NULL, letter, \
        name, unit, help},
#define SETTING_OF(choices, section, key, field, fallback, name, help)                                       \
    {section, key, SETTING_ENUM, offsetof(struct ingest_options, field), fallback, NULL, NULL, choices, 0,   \
        name, NULL, help},
#include "ingest/settings.def"
#undef SETTING_OF
#undef SETTING
};

const struct settings_table ingest_settings = {rows, sizeof(rows) / sizeof(rows[0]), &ingest_options};
