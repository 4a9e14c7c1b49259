#include "schema/position.h"

#include "classify/base/log.h"
#include "schema/sql.h"

#include <stdio.h>
#include <stdlib.h>

enum { CLAIM_TRIES = 3, REFUSED_STEP = 64 };

void position_params_init(struct position_params *p, const struct partition_key *key)
{
    p->n = 0;
    p->list[p->n++].text = span_of(key->group);
    p->list[p->n++].text = span_of(key->topic);
    position_params_add(p, key->partition);
}

void position_params_add(struct position_params *p, int64_t value)
{
    char *number = p->numbers[p->n];
    int len = snprintf(number, POSITION_NUMBER_BYTES, "%lld", (long long)value);

    p->list[p->n++].text = value == LONG_NONE ? SPAN_NONE : span_from(number, (size_t)len);
}

/* Two numbers of one row, and whether there was one. */
struct pair {
    int64_t first, second;
    size_t rows;
};

struct claimed {
    struct pair pair;
    int64_t last_offset, last_hash;
};

static int take_pair(void *ctx, const struct span *columns, size_t n)
{
    struct pair *pair = ctx;
    uint64_t first, second;

    if (n != 2 || !span_u64(columns[0], &first) || !span_u64(columns[1], &second))
        return ERR_BUG;
    *pair = (struct pair){(int64_t)first, (int64_t)second, pair->rows + 1};
    return 0;
}

static int take_claim(void *ctx, const struct span *columns, size_t n)
{
    struct claimed *got = ctx;
    uint64_t last_offset, last_hash;

    if (n != 4)
        return ERR_BUG;
    bool known = span_u64(columns[2], &last_offset) && span_u64(columns[3], &last_hash);
    got->last_offset = known ? (int64_t)last_offset : LONG_NONE;
    got->last_hash = known ? (int64_t)last_hash : LONG_NONE;
    return take_pair(&got->pair, columns, 2);
}

static int take_count(void *ctx, const struct span *columns, size_t n)
{
    struct pair *counted = ctx;
    uint64_t count;

    if (n != 1 || !span_u64(columns[0], &count))
        return ERR_BUG;
    counted->first = (int64_t)count;
    counted->rows++;
    return 0;
}

static int count_row(void *ctx, const struct span *columns, size_t n)
{
    (void)columns;
    (void)n;
    ++*(size_t *)ctx;
    return 0;
}

static int nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10; /* encode(…, 'hex') writes small letters */
}

static int take_checkpoint(void *ctx, const struct span *columns, size_t n)
{
    struct claim *claim = ctx;
    uint64_t position, config;

    if (n != 3 || !span_u64(columns[0], &position) || !span_u64(columns[2], &config))
        return ERR_BUG;
    size_t len = columns[1].len / 2;
    char *state = malloc(len ? len : 1);
    if (!state)
        return ERR_NOMEM;
    for (size_t i = 0; i < len; i++)
        state[i] = (char)(nibble(columns[1].ptr[2 * i]) << 4 | nibble(columns[1].ptr[2 * i + 1]));
    claim->checkpoint = span_from(state, len);
    claim->checkpoint_position = (int64_t)position;
    claim->checkpoint_config = (int64_t)config;
    return 0;
}

static int take_refused(void *ctx, const struct span *columns, size_t n)
{
    struct claim *claim = ctx;
    uint64_t offset;

    if (n != 1 || !span_u64(columns[0], &offset))
        return ERR_BUG;
    if (claim->refused_count % REFUSED_STEP == 0) {
        int64_t *grown =
            realloc(claim->refused, (claim->refused_count + REFUSED_STEP) * sizeof(*claim->refused));
        if (!grown)
            return ERR_NOMEM;
        claim->refused = grown;
    }
    claim->refused[claim->refused_count++] = (int64_t)offset;
    return 0;
}

static int log_evicted(void *ctx, const struct span *columns, size_t n)
{
    const struct partition_key *key = ctx;

    log_warn("claim.evicted",
        "topic=%s partition=%d backend=%.*s reason=\"a former owner still held the position\"",
        log_quote(key->topic), (int)key->partition, n ? (int)columns[0].len : 0, n ? columns[0].ptr : "");
    return 0;
}

static int claim_once(struct pg *pg, const struct position_params *p, struct claimed *got)
{
    int rc = pg_script(pg, "claim.begin", "BEGIN; SET LOCAL lock_timeout = '1s'");

    if (rc == 0)
        rc = pg_query(pg, "position_claim", sql_position_claim, p->list, p->n, take_claim, got);
    if (!pg_alive(pg))
        return ERR_DBCONN;
    int end = pg_script(pg, "claim.end", rc == 0 ? "COMMIT" : "ROLLBACK");
    return rc < 0 ? rc : end;
}

int partition_claim(struct pg *pg, const struct partition_key *key, const char *owner, struct claim *out)
{
    struct position_params p, claim_params, evict;
    struct claimed got = {.last_offset = LONG_NONE, .last_hash = LONG_NONE};
    int rc;

    *out = (struct claim){.checkpoint_position = LONG_NONE};
    position_params_init(&p, key);
    position_params_init(&claim_params, key);
    claim_params.list[claim_params.n++].text = span_of(owner);
    position_params_init(&evict, key);
    position_params_add(&evict, LONG_NONE); /* whoever it is */
    rc = pg_command(pg, "position_ensure", sql_position_ensure, p.list, p.n);
    for (int i = 0; rc == 0 && i < CLAIM_TRIES; i++) {
        rc = claim_once(pg, &claim_params, &got);
        if (rc != ERR_DBRETRY || i == CLAIM_TRIES - 1)
            break;
        rc =
            pg_query(pg, "position_evict", sql_position_evict, evict.list, evict.n, log_evicted, (void *)key);
    }
    if (rc == 0 && got.pair.rows != 1)
        rc = ERR_DBRETRY; /* the row was deleted between ensure and claim */
    if (rc == 0)
        rc = pg_query(pg, "checkpoint_read", sql_checkpoint_read, p.list, p.n, take_checkpoint, out);
    if (rc == 0)
        rc = pg_query(pg, "dead_letter_refused", sql_dead_letter_refused, p.list, p.n, take_refused, out);
    if (rc < 0) {
        free((void *)out->checkpoint.ptr);
        free(out->refused);
        *out = (struct claim){.checkpoint_position = LONG_NONE};
        return rc;
    }
    out->epoch = got.pair.first;
    out->position = got.pair.second;
    out->last_offset = got.last_offset;
    out->last_hash = got.last_hash;
    return rc;
}

int partition_position(struct pg *pg, const struct partition_key *key, int64_t *position, int64_t *epoch)
{
    struct position_params p;
    struct pair got = {0};

    position_params_init(&p, key);
    int rc = pg_query(pg, "position_read", sql_position_read, p.list, p.n, take_pair, &got);
    if (rc == 0 && got.rows == 0)
        return ERR_NOTFOUND;
    *epoch = got.first;
    *position = got.second;
    return rc;
}

int partition_heartbeat(
    struct pg *pg, const struct partition_key *key, int64_t epoch, int64_t end_offset, size_t *moved)
{
    struct position_params p;
    struct pair counted = {0};

    position_params_init(&p, key);
    position_params_add(&p, epoch);
    position_params_add(&p, end_offset);
    int rc = pg_query(pg, "position_heartbeat", sql_position_heartbeat, p.list, p.n, take_count, &counted);
    *moved = (size_t)counted.first;
    return rc == 0 && counted.rows == 0 ? ERR_FENCED : rc;
}

int partition_restart(struct pg *pg, const struct partition_key *key, int64_t epoch, int64_t position,
    int64_t to, const char *reason, bool anew)
{
    struct position_params p;
    size_t rows = 0;

    position_params_init(&p, key);
    position_params_add(&p, to);
    position_params_add(&p, epoch);
    position_params_add(&p, position);
    p.list[p.n++].text = span_of(reason);
    position_params_add(&p, anew);
    int rc = pg_query(pg, "position_restart", sql_position_restart, p.list, p.n, count_row, &rows);
    return rc == 0 && rows == 0 ? ERR_FENCED : rc;
}

int partition_evict(struct pg *pg, const struct partition_key *key, int64_t epoch)
{
    struct position_params p;

    position_params_init(&p, key);
    position_params_add(&p, epoch);
    return pg_query(pg, "position_evict", sql_position_evict, p.list, p.n, log_evicted, (void *)key);
}

int partition_release(struct pg *pg, const struct partition_key *key, int64_t epoch)
{
    struct position_params p;

    position_params_init(&p, key);
    position_params_add(&p, epoch);
    return pg_command(pg, "position_release", sql_position_release, p.list, p.n);
}

int partition_gap(
    struct pg *pg, const struct partition_key *key, int64_t from, int64_t to, const char *reason)
{
    struct position_params p;

    position_params_init(&p, key);
    position_params_add(&p, from);
    position_params_add(&p, to);
    p.list[p.n++].text = span_of(reason);
    return pg_command(pg, "gap_add", sql_gap_add, p.list, p.n);
}

int partition_announce(struct pg *pg, const char *group, const char *topic, int32_t partitions)
{
    struct position_params p;
    const struct partition_key key = {group, topic, partitions};

    position_params_init(&p, &key);
    return pg_command(pg, "position_announce", sql_position_announce, p.list, p.n);
}
