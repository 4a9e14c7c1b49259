#include "classify/stamp.h"

#include <stdio.h>

enum { MS_PER_DAY = 86400000 };

/* Days since 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_of(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (unsigned)((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1);
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int64_t)era * 146097 + (int64_t)doe - 719468;
}

static int year_of(int64_t ms)
{
    int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0) + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    return (int)yoe + (int)era * 400 + (doy >= 306);
}

/* The same by one division, but for days near New Year, from where leap years may lie either way. */
static int year_at(int64_t ms)
{
    enum { YEARS = 400, DAYS = 146097, NEAR_NEW_YEAR = 3 * YEARS };
    int64_t scaled = ms / MS_PER_DAY * YEARS, rest = scaled % DAYS;
    bool sure = ms >= 0 && rest > NEAR_NEW_YEAR && rest < DAYS - NEAR_NEW_YEAR;
    return sure ? 1970 + (int)(scaled / DAYS) : year_of(ms);
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool date_exists(const struct stamp *st)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (st->month < 1 || st->month > 12 || st->day < 1 || st->hour > 23 || st->minute > 59 || st->second > 60)
        return false;
    int last = days[st->month - 1];
    if (st->month == 2 && (st->year == 0 || leap(st->year)))
        last = 29;
    return st->day <= last;
}

static inline int digit(char c)
{
    unsigned d = (unsigned)(unsigned char)c - '0';
    return d <= 9 ? (int)d : -1;
}

/* Two digits; the first may be a blank. @return -1 if they are none */
static inline int two(const char *p)
{
    int tens = p[0] == ' ' ? 0 : digit(p[0]), ones = digit(p[1]);
    return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

#define LETTERS(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))

static int month_of(const char *p)
{
    switch (LETTERS((unsigned char)p[0], (unsigned char)p[1], (unsigned char)p[2])) {
    case LETTERS('J', 'a', 'n'):
        return 1;
    case LETTERS('F', 'e', 'b'):
        return 2;
    case LETTERS('M', 'a', 'r'):
        return 3;
    case LETTERS('A', 'p', 'r'):
        return 4;
    case LETTERS('M', 'a', 'y'):
        return 5;
    case LETTERS('J', 'u', 'n'):
        return 6;
    case LETTERS('J', 'u', 'l'):
        return 7;
    case LETTERS('A', 'u', 'g'):
        return 8;
    case LETTERS('S', 'e', 'p'):
        return 9;
    case LETTERS('O', 'c', 't'):
        return 10;
    case LETTERS('N', 'o', 'v'):
        return 11;
    case LETTERS('D', 'e', 'c'):
        return 12;
    default:
        return 0;
    }
}

static bool read_clock(const char *p, struct stamp *out)
{
    int h = two(p), m = two(p + 3), s = two(p + 6);
    if (p[2] != ':' || p[5] != ':' || h < 0 || m < 0 || s < 0)
        return false;
    out->hour = (int8_t)h;
    out->minute = (int8_t)m;
    out->second = (int8_t)s;
    return true;
}

/* .123 or ,123456: milliseconds; the rest is dropped. */
static void read_fraction(struct span *s, struct stamp *out)
{
    if (s->len < 2 || (s->ptr[0] != '.' && s->ptr[0] != ',') || digit(s->ptr[1]) < 0)
        return;
    int ms = 0, scale = 100;
    size_t i = 1;
    for (; i < s->len && digit(s->ptr[i]) >= 0; i++, scale /= 10)
        ms += digit(s->ptr[i]) * scale;
    out->millisecond = (int16_t)ms;
    *s = span_skip(*s, i);
}

/* "Nov 23 18:14:29", day padded by blank or zero or not at all, a year before or behind the clock in some
 * syslogds. */
static int read_bsd(struct span *s, struct stamp *out)
{
    const char *p = s->ptr;
    if (s->len < 14 || p[3] != ' ')
        return 0;
    int month = month_of(p);
    if (!month)
        return 0;
    size_t at = 4;
    int day = two(p + at);
    if (day < 0) { /* one digit, not padded */
        day = digit(p[at]);
        at += 1;
    } else {
        at += 2;
    }
    if (day < 0 || s->len < at + 9 || p[at] != ' ')
        return 0;
    at++;
    if (s->len >= at + 13 && p[at + 4] == ' ' && digit(p[at]) > 0 && two(p + at) > 0 &&
        two(p + at + 2) >= 0) {
        out->year = (int16_t)(two(p + at) * 100 + two(p + at + 2));
        at += 5;
    }
    if (!read_clock(p + at, out))
        return 0;
    out->month = (int8_t)month;
    out->day = (int8_t)day;
    *s = span_skip(*s, at + 8);
    read_fraction(s, out);
    return date_exists(out) ? 1 : -1;
}

static void read_zone(struct span *s, struct stamp *out)
{
    if (s->len && (s->ptr[0] == 'Z' || s->ptr[0] == 'z')) {
        out->zoned = true;
        *s = span_skip(*s, 1);
        return;
    }
    if (s->len < 5 || (s->ptr[0] != '+' && s->ptr[0] != '-'))
        return;
    bool colon = s->ptr[3] == ':';
    if (s->len < (colon ? 6u : 5u))
        return;
    int h = two(s->ptr + 1), m = two(s->ptr + (colon ? 4 : 3));
    if (h < 0 || m < 0)
        return;
    out->zoned = true;
    out->zone_offset_s = (h * 60 + m) * 60 * (s->ptr[0] == '-' ? -1 : 1);
    *s = span_skip(*s, colon ? 6 : 5);
}

/* "2026-11-23T18:14:29.258Z", a blank for T as well. */
static int read_iso(struct span *s, struct stamp *out)
{
    const char *p = s->ptr;
    if (s->len < 19 || p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't' && p[10] != ' '))
        return 0;
    int century = two(p), rest = two(p + 2), month = two(p + 5), day = two(p + 8);
    if (century < 0 || rest < 0 || month < 0 || day < 0 || !read_clock(p + 11, out))
        return 0;
    out->year = (int16_t)(century * 100 + rest);
    out->month = (int8_t)month;
    out->day = (int8_t)day;
    *s = span_skip(*s, 19);
    read_fraction(s, out);
    read_zone(s, out);
    return out->year > 0 && date_exists(out) ? 1 : -1;
}

int stamp_read(struct span *s, struct stamp *out)
{
    *out = (struct stamp){0};
    if (s->len < 14)
        return 0;
    return digit(s->ptr[0]) >= 0 ? read_iso(s, out) : read_bsd(s, out);
}

int64_t stamp_ms(const struct stamp *st, int year, const struct zone *zone, int64_t last_ms)
{
    int second = st->second > 59 ? 59 : st->second;
    int64_t days = days_of(st->year ? st->year : year, st->month, st->day);
    int64_t seconds = days * 86400 + st->hour * 3600 + st->minute * 60 + second;
    int64_t local_ms = seconds * 1000 + st->millisecond;
    return st->zoned ? local_ms - (int64_t)st->zone_offset_s * 1000 : zone_to_utc(zone, local_ms, last_ms);
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

int64_t stamp_resolve(
    const struct stamp *st, int year, int64_t record_time_ms, int64_t last_ms, const struct zone *zone)
{
    if (st->year)
        return stamp_ms(st, st->year, zone, last_ms);
    if (last_ms != INT64_MIN) {
        int near = year_at(last_ms);
        int64_t best = stamp_ms(st, near, zone, last_ms);
        if (distance(best, last_ms) < 182LL * MS_PER_DAY) /* nothing can be nearer */
            return best;
        for (int y = near - 1; y <= near + 1; y += 2) {
            int64_t ms = stamp_ms(st, y, zone, last_ms);
            if (distance(ms, last_ms) < distance(best, last_ms))
                best = ms;
        }
        return best;
    }
    if (year)
        return stamp_ms(st, year, zone, last_ms);
    if (record_time_ms == INT64_MIN)
        return stamp_ms(st, 1970, zone, last_ms);
    int y = year_of(record_time_ms) + 1;
    while (stamp_ms(st, y, zone, last_ms) > record_time_ms + MS_PER_DAY)
        y--;
    return stamp_ms(st, y, zone, last_ms);
}

size_t stamp_text(int64_t ms, char buf[STAMP_TEXT_MAX])
{
    int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0), in_day = ms - days * MS_PER_DAY;
    int year = year_of(ms), month = 12;
    while (month > 1 && days_of(year, month, 1) > days)
        month--;
    int day = (int)(days - days_of(year, month, 1)) + 1;
    int s = (int)(in_day / 1000), frac = (int)(in_day % 1000);
    int n = snprintf(buf, STAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, s / 3600,
        s / 60 % 60, s % 60);
    n += frac ? snprintf(buf + n, (size_t)(STAMP_TEXT_MAX - n), ".%03dZ", frac)
              : snprintf(buf + n, (size_t)(STAMP_TEXT_MAX - n), "Z");
    return (size_t)n;
}
