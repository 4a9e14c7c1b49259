#include "api/api.h"

struct api_options api_options;

static const struct setting rows[] = {
#define SETTING(section, key, type, field, fallback, min, max, flag, flag_name, unit, help)                  \
    {section, key, type, offsetof(struct api_options, field), fallback, min, max, NULL, flag, flag_name,     \
        unit, help},
#include "api/settings.def"
#undef SETTING
};

const struct settings_table api_settings = {rows, sizeof rows / sizeof rows[0], &api_options};
