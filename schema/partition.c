#include "schema/partition.h"

#include "schema/sql.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_MS = 86400000, DAYS_AHEAD = 1, DAY_LAST = 2932896 /* 9999-12-31 */, DAY_TEXT_BYTES = 12 };

struct known_day {
    int32_t day;
    bool has_partition;
};

struct known_days {
    int64_t retention_days;
    int32_t asked_on; /* day of the records when days without a partition were asked for; another day may
                         decide otherwise */
    struct known_day *days;
    size_t count, cap;
    size_t last; /* where the last search ended: rows of a batch are mostly of one day */
};

struct known_days *known_days_new(int64_t retention_ms)
{
    struct known_days *d = calloc(1, sizeof(*d));
    if (d)
        d->retention_days = retention_ms / DAY_MS;
    return d;
}

void known_days_free(struct known_days *d)
{
    if (d)
        free(d->days);
    free(d);
}

/* @return -1 for times that get no partition whatever the retention says */
static int32_t day_of(int64_t time_ms)
{
    return time_ms < 0 || time_ms / DAY_MS > DAY_LAST ? -1 : (int32_t)(time_ms / DAY_MS);
}

static const struct known_day *find(const struct known_days *d, int32_t day)
{
    if (d->last < d->count && d->days[d->last].day == day)
        return &d->days[d->last];
    for (size_t i = 0; i < d->count; i++)
        if (d->days[i].day == day)
            return &d->days[i];
    return NULL;
}

bool known_days_has(const struct known_days *d, int64_t time_ms)
{
    const struct known_day *day = find(d, day_of(time_ms));
    return day && day->has_partition;
}

void known_days_forget(struct known_days *d)
{
    d->count = 0;
}

static int add(struct known_days *d, int32_t day)
{
    if (d->count == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 64;
        struct known_day *grown = realloc(d->days, cap * sizeof(*grown));
        if (!grown)
            return ERR_NOMEM;
        d->days = grown;
        d->cap = cap;
    }
    d->days[d->count++] = (struct known_day){.day = day};
    return 0;
}

/* Days without a partition may get one when the retention has moved on. */
static void drop_refusals(struct known_days *d)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->count; i++)
        if (d->days[i].has_partition)
            d->days[kept++] = d->days[i];
    d->count = kept;
}

/* Adds the batch's days that nothing is known of, and if there are any, the day of the records and the next.
 */
static int add_unknown(struct known_days *d, const struct flush *f, int32_t today)
{
    int rc = 0;
    size_t before = d->count;

    for (size_t i = 0; rc == 0 && i < f->rows->exchange_count; i++) {
        int32_t day = day_of(f->rows->exchange[i].requested);
        const struct known_day *known = day < 0 ? NULL : find(d, day);
        if (known)
            d->last = (size_t)(known - d->days);
        else if (day >= 0)
            rc = add(d, day);
    }
    for (int32_t ahead = 0; rc == 0 && d->count > before && ahead <= DAYS_AHEAD; ahead++)
        if (!find(d, today + ahead))
            rc = add(d, today + ahead);
    return rc;
}

static int take_day(void *ctx, const struct span *columns, size_t n)
{
    struct known_days *d = ctx;
    uint64_t day;

    if (n != 1 || !span_u64(columns[0], &day))
        return ERR_BUG;
    for (size_t i = 0; i < d->count; i++)
        if (d->days[i].day == (int32_t)day)
            d->days[i].has_partition = true;
    return 0;
}

static int ask(struct pg *pg, struct known_days *d, size_t first, int32_t today)
{
    size_t cap = (d->count - first) * DAY_TEXT_BYTES + 3, at = 0;
    char *list = malloc(cap), oldest[24], newest[24];

    if (!list)
        return ERR_NOMEM;
    for (size_t i = first; i < d->count; i++)
        at += (size_t)snprintf(list + at, cap - at, "%c%d", i == first ? '{' : ',', (int)d->days[i].day);
    snprintf(list + at, cap - at, "}");
    int64_t lo = today > d->retention_days ? today - d->retention_days : 0;
    snprintf(oldest, sizeof(oldest), "%lld", (long long)lo);
    snprintf(newest, sizeof(newest), "%d", (int)today + DAYS_AHEAD);
    const struct pg_param params[] = {{span_of(list)}, {span_of(oldest)}, {span_of(newest)}};
    int rc = pg_query(pg, "exchange_days", sql_exchange_days_call, params, 3, take_day, d);
    free(list);
    return rc;
}

int flush_prepare(struct pg *pg, struct known_days *known, const struct flush *f)
{
    int32_t today = day_of(f->record_ms > 0 ? f->record_ms : f->watermark_ms);

    if (f->rows->exchange_count == 0 || today < 0)
        return 0;
    if (today != known->asked_on)
        drop_refusals(known);
    known->asked_on = today;
    size_t first = known->count;
    int rc = add_unknown(known, f, today);
    if (rc == 0 && known->count > first)
        rc = ask(pg, known, first, today);
    if (rc < 0)
        known->count = first;
    return rc;
}
