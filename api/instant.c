#include "api/instant.h"

#include <stdio.h>
#include <time.h>

#define MS_PER_DAY INT64_C(86400000)
#define MS_MAX INT64_C(253402300799999) /* the end of the year 9999 */

/* n decimal digits at *s, which moves behind them. @return -1 if they are not there */
static int digits(struct span *s, size_t n)
{
    int value = 0;
    if (s->len < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return -1;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = span_skip(*s, n);
    return value;
}

static bool sign(struct span *s, const char *allowed)
{
    if (s->len == 0 || !strchr(allowed, s->ptr[0]) || s->ptr[0] == '\0')
        return false;
    *s = span_skip(*s, 1);
    return true;
}

static bool relative(struct span s, int64_t now_ms, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', MS_PER_DAY}, {'w', 7 * MS_PER_DAY}};
    uint64_t n;
    if (s.len < 3 || !span_u64(span_from(s.ptr + 1, s.len - 2), &n) || n > 100000000)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == s.ptr[s.len - 1]) {
            int64_t back = (int64_t)n * units[i].ms;
            *ms = now_ms - back;
            return *ms >= 0;
        }
    }
    return false;
}

/* Days since 1970-01-01 of a proleptic Gregorian date; the year starts in March so that the leap day is its
 * last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int month_length(int year, int month)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return length[month - 1] + (month == 2 && leap);
}

static bool date(struct span *s, int64_t *ms)
{
    int year = digits(s, 4);
    if (year < 0 || !sign(s, "-"))
        return false;
    int month = digits(s, 2);
    if (month < 1 || month > 12 || !sign(s, "-"))
        return false;
    int day = digits(s, 2);
    if (day < 1 || day > month_length(year, month))
        return false;
    *ms = days_from_civil(year, month, day) * MS_PER_DAY;
    return true;
}

static bool clock_time(struct span *s, int64_t *ms)
{
    int hour = digits(s, 2);
    if (hour < 0 || hour > 23 || !sign(s, ":"))
        return false;
    int minute = digits(s, 2);
    if (minute < 0 || minute > 59 || !sign(s, ":"))
        return false;
    int second = digits(s, 2);
    if (second < 0 || second > 60)
        return false;
    *ms += (hour * 3600 + minute * 60 + second) * INT64_C(1000);
    if (sign(s, ".")) {
        int64_t scale = 100;
        size_t n = 0;
        for (; s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; n++, scale /= 10, *s = span_skip(*s, 1))
            *ms += (s->ptr[0] - '0') * scale;
        return n > 0;
    }
    return true;
}

static bool offset(struct span *s, int64_t *ms)
{
    if (sign(s, "Zz"))
        return true;
    bool east = s->len && s->ptr[0] == '+';
    if (!sign(s, "+-"))
        return false;
    int hour = digits(s, 2);
    if (hour < 0 || hour > 23 || !sign(s, ":"))
        return false;
    int minute = digits(s, 2);
    if (minute < 0 || minute > 59)
        return false;
    int64_t shift = (hour * 60 + minute) * INT64_C(60000);
    *ms += east ? -shift : shift;
    return true;
}

bool instant_parse(struct span text, int64_t now_ms, int64_t *ms)
{
    if (span_eq(text, SPAN("now"))) {
        *ms = now_ms;
        return true;
    }
    if (text.len && text.ptr[0] == '-')
        return relative(text, now_ms, ms);
    return date(&text, ms) && sign(&text, "Tt ") && clock_time(&text, ms) && offset(&text, ms) &&
           text.len == 0 && *ms >= 0 && *ms <= MS_MAX;
}

void instant_print(int64_t ms, char buf[INSTANT_CAP])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(buf, INSTANT_CAP, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(buf + n, INSTANT_CAP - n, ".%03dZ", (int)(ms % 1000));
}
