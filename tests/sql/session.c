#include "tests/sql/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>

const struct partition_key session_key = {"g", "t", 3};

void session_open(struct session *s, struct pg *pg)
{
    *s = (struct session){.pg = pg, .days = known_days_new(400 * day_ms)};
    cr_assert_eq(rows_init(&s->rows), 0);
    cr_assert_eq(partition_claim(pg, &session_key, "host:1:a", &s->claim), 0);
    s->flush = (struct flush){.key = session_key,
        .epoch = s->claim.epoch,
        .from = s->claim.position,
        .watermark_ms = noon,
        .record_ms = noon,
        .end_offset = 1000,
        .rows = &s->rows,
        .checkpoint = SPAN_NONE};
}

void session_close(struct session *s)
{
    free((void *)s->claim.checkpoint.ptr);
    rows_free(&s->rows);
    known_days_free(s->days);
    pg_close(s->pg);
}

int session_flush(struct session *s)
{
    s->flush.to = s->flush.from + 1;
    int rc = flush_prepare(s->pg, s->days, &s->flush);
    if (rc == 0)
        rc = flush_commit(s->pg, s->days, &s->flush);
    if (rc == 0) {
        s->flush.from = s->flush.to;
        rows_reset(&s->rows);
    }
    return rc;
}

struct row_exchange *add_exchange(struct session *s, uint64_t id, int64_t requested)
{
    struct row_exchange *e = rows_add_exchange(&s->rows);

    e->device_id = 1;
    e->exchange_id = id;
    e->tunnel_id = 7;
    e->requested = requested;
    e->direction = SPAN("out");
    e->exchange = SPAN("INFORMATIONAL");
    e->outcome = SPAN("pending");
    return e;
}

struct row_incident *add_incident(struct session *s, uint64_t id)
{
    struct row_incident *i = rows_add_incident(&s->rows);

    i->device_id = 1;
    i->incident_id = id;
    i->tunnel_id = 7;
    i->symptom = SPAN("down");
    i->began = noon;
    return i;
}

struct row_outage *add_outage(struct session *s, uint64_t id, int64_t down_at, int64_t up_at)
{
    struct row_outage *o = rows_add_outage(&s->rows);

    o->device_id = 1;
    o->outage_id = id;
    o->tunnel_id = 7;
    o->down_at = down_at;
    o->up_at = up_at;
    o->symptom = SPAN("down");
    return o;
}
