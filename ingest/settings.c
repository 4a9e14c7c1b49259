#include "ingest/ingest.h"

struct ingest_options ingest_options;

static const struct setting rows[] = {
#define SETTING(section, key, type, field, fallback, min, max, letter, name, unit, help)                     \
    {section, key, SETTING_##type, offsetof(struct ingest_options, field), fallback, min, max, NULL, letter, \
        name, unit, help},
#include "ingest/settings.def"
#undef SETTING
};

const struct settings_table ingest_settings = {rows, sizeof(rows) / sizeof(rows[0]), &ingest_options};
