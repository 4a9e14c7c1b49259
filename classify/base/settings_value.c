#include "classify/base/settings_value.h"

#include <stdio.h>
#include <stdlib.h>

struct unit {
    const char *name;
    int64_t scale;
};

static const struct unit durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit sizes[] = {
    {"T", (int64_t)1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}};
enum { UNITS = 5 };

static bool read_scaled(const char *text, const struct unit *units, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t n;
    if (!span_u64(span_from(text, digits), &n))
        return false;
    for (size_t i = 0; i < UNITS; i++) {
        if (!span_eq_nocase(span_of(text + digits), span_of(units[i].name)))
            continue;
        if (n > (uint64_t)INT64_MAX / (uint64_t)units[i].scale)
            return false;
        *out = n * (uint64_t)units[i].scale;
        return true;
    }
    *out = 0;
    return n == 0 && text[digits] == '\0'; /* nothing needs no unit */
}

bool setting_duration(const char *text, int64_t *ms)
{
    uint64_t n;
    if (!read_scaled(text, durations, &n))
        return false;
    *ms = (int64_t)n;
    return true;
}

bool setting_bytes(const char *text, uint64_t *bytes)
{
    return read_scaled(text, sizes, bytes);
}

static bool read_bool(const char *text, bool *out)
{
    static const char *const words[] = {"yes", "no", "on", "off", "true", "false", "1", "0"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (span_eq_nocase(span_of(text), span_of(words[i]))) {
            *out = i % 2 == 0;
            return true;
        }
    return false;
}

/* The nth blank-separated word; len 0 behind the last. */
static struct span choice_at(const char *choices, size_t n)
{
    const char *p = choices;
    for (;; n--) {
        p += strspn(p, " ");
        size_t len = strcspn(p, " ");
        if (n == 0 || len == 0)
            return span_from(p, len);
        p += len;
    }
}

static bool read_choice(const char *choices, const char *text, int *out)
{
    for (int i = 0;; i++) {
        struct span choice = choice_at(choices, (size_t)i);
        if (choice.len == 0)
            return false;
        if (span_eq_nocase(choice, span_of(text))) {
            *out = i;
            return true;
        }
    }
}

/* Numbers, durations and sizes as one unsigned, so that bounds are compared in one place. */
static bool read_number(const struct setting *row, const char *text, uint64_t *out)
{
    int64_t ms;
    switch (row->type) {
    case SETTING_UINT:
        return span_u64(span_of(text), out);
    case SETTING_DURATION:
        if (!setting_duration(text, &ms))
            return false;
        *out = (uint64_t)ms;
        return true;
    default:
        return setting_bytes(text, out);
    }
}

static bool number_in_bounds(const struct setting *row, uint64_t n)
{
    uint64_t bound;
    if (row->min && read_number(row, row->min, &bound) && n < bound)
        return false;
    return !row->max || !read_number(row, row->max, &bound) || n <= bound;
}

void setting_allowed(const struct setting *row, char *buf, size_t cap)
{
    static const char *const forms[] = {
        [SETTING_TEXT] = "a text",
        [SETTING_SECRET] = "a secret",
        [SETTING_UINT] = "a whole number",
        [SETTING_DURATION] = "a duration such as 250ms, 10s, 15m, 24h or 400d",
        [SETTING_BYTES] = "a size such as 512, 64K, 256M or 2G",
        [SETTING_BOOL] = "yes or no",
        [SETTING_LIST] = "a text, may be given more than once",
    };
    if (row->type == SETTING_ENUM)
        snprintf(buf, cap, "one of: %s", row->choices);
    else if (row->min && row->max)
        snprintf(buf, cap, "%s, from %s to %s", forms[row->type], row->min, row->max);
    else if (row->min)
        snprintf(buf, cap, "%s, at least %s", forms[row->type], row->min);
    else if (row->max)
        snprintf(buf, cap, "%s, at most %s", forms[row->type], row->max);
    else
        snprintf(buf, cap, "%s", forms[row->type]);
}

static void *field_of(const struct setting *row, void *options)
{
    return (char *)options + row->offset;
}

static bool set_text(char **field, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        return false;
    free(*field);
    *field = copy;
    return true;
}

bool setting_set(const struct setting *row, void *options, const char *text, char *why, size_t cap)
{
    void *field = field_of(row, options);
    uint64_t n;

    setting_allowed(row, why, cap);
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_SECRET:
    case SETTING_LIST:
        return set_text(field, text);
    case SETTING_BOOL:
        return read_bool(text ? text : "no", field);
    case SETTING_ENUM:
        return text ? read_choice(row->choices, text, field) : (*(int *)field = 0) == 0;
    case SETTING_UINT:
    case SETTING_BYTES:
    case SETTING_DURATION:
        if (!read_number(row, text ? text : "0", &n) || (text && !number_in_bounds(row, n)))
            return false;
        if (row->type == SETTING_DURATION)
            *(int64_t *)field = (int64_t)n;
        else
            *(uint64_t *)field = n;
        return true;
    }
    return false;
}

bool setting_append(const struct setting *row, void *options, const char *text)
{
    char **field = field_of(row, options);
    if (!*field)
        return set_text(field, text);
    size_t have = strlen(*field), more = strlen(text);
    char *joined = realloc(*field, have + 1 + more + 1);
    if (!joined)
        return false;
    joined[have] = '\n';
    memcpy(joined + have + 1, text, more + 1);
    *field = joined;
    return true;
}

void setting_free(const struct setting *row, void *options)
{
    if (row->type == SETTING_TEXT || row->type == SETTING_SECRET || row->type == SETTING_LIST)
        set_text(field_of(row, options), NULL);
}

/* In the largest unit that divides it. */
static const char *format_scaled(uint64_t n, const struct unit *units, char *buf)
{
    size_t i = 0;
    while (i + 1 < UNITS && (n == 0 || n % (uint64_t)units[i].scale))
        i++;
    snprintf(
        buf, SETTING_TEXT_MAX, "%llu%s", (unsigned long long)(n / (uint64_t)units[i].scale), units[i].name);
    return buf;
}

const char *setting_text(const struct setting *row, const void *options, char buf[SETTING_TEXT_MAX])
{
    const void *field = (const char *)options + row->offset;
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_SECRET:
    case SETTING_LIST:
        return *(char *const *)field;
    case SETTING_BOOL:
        return *(const bool *)field ? "yes" : "no";
    case SETTING_ENUM:
        span_copy(buf, SETTING_TEXT_MAX, choice_at(row->choices, (size_t) * (const int *)field));
        return buf;
    case SETTING_UINT:
        snprintf(buf, SETTING_TEXT_MAX, "%llu", (unsigned long long)*(const uint64_t *)field);
        return buf;
    case SETTING_DURATION:
        return format_scaled((uint64_t) * (const int64_t *)field, durations, buf);
    case SETTING_BYTES:
        return format_scaled(*(const uint64_t *)field, sizes, buf);
    }
    return NULL;
}
