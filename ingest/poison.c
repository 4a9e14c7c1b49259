#include "ingest/poison.h"

#include <stdlib.h>

enum { BUDGET_SHARE = 100 };

void poison_init(struct poison *p)
{
    *p = (struct poison){.culprit = -1};
}

void poison_reset(struct poison *p)
{
    const int64_t *known = p->known;
    size_t count = p->known_count;
    *p = (struct poison){.culprit = -1, .known = known, .known_count = count};
}

void poison_free(struct poison *p)
{
    free((void *)p->known);
    poison_init(p);
}

void poison_know(struct poison *p, const int64_t *offsets, size_t count)
{
    free((void *)p->known);
    p->known = offsets;
    p->known_count = count;
}

enum poison_verdict poison_refused(struct poison *p, uint64_t records, int64_t last, const char *why)
{
    span_copy(p->detail, sizeof(p->detail), span_of(why));
    p->anchored = false;
    if (records == 0 || last == p->culprit)
        return POISON_HOPELESS; /* nothing of a record was in it but a dead letter at most */
    if (records == 1 && ++p->found > POISON_BUDGET + p->read / BUDGET_SHARE)
        return POISON_HOPELESS;
    if (records > p->first)
        p->first = records;
    p->suspect = records == 1 ? 0 : records;
    p->limit = records == 1 ? 1 : records / 2;
    p->culprit = records == 1 ? last : -1;
    return records == 1 ? POISON_FOUND : POISON_SEARCH;
}

void poison_passed(struct poison *p, uint64_t records, int64_t to)
{
    bool found = p->culprit >= 0 && p->culprit < to;
    p->read += records;
    if (found)
        p->culprit = -1;
    if (p->limit == 0 || records == 0 || found) /* the next one may well be its like */
        return;
    if (p->suspect > records) {
        p->suspect -= records;
        p->limit = p->suspect > 1 ? p->suspect / 2 : 1;
        return;
    }
    p->suspect = 0;
    p->limit *= 2;
    if (p->limit >= p->first)
        p->limit = p->first = 0;
}

static int by_offset(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool poison_holds(const struct poison *p, int64_t offset)
{
    return offset == p->culprit ||
           (p->known_count && bsearch(&offset, p->known, p->known_count, sizeof(offset), by_offset));
}
