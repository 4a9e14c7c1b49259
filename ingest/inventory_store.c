#include "ingest/inventory_store.h"

#include "schema/copy.h"
#include "schema/sql.h"

#include <stdlib.h>

struct row {
    struct span device, tunnel, site, carrier, circuit_id, peer_name, contract, system_ip, tz;
    int32_t vpn_id;
    struct addr local, peer;
    char unnamed[ADDR_TEXT_MAX + 16];
};

#define TEXT(column)                                                                                         \
    {                                                                                                        \
#column, ROW_KIND_TEXT, offsetof(struct row, column)                                                 \
    }
static const struct row_column row_columns[] = {TEXT(device), TEXT(tunnel), TEXT(site), TEXT(carrier),
    TEXT(circuit_id), TEXT(peer_name), TEXT(contract), TEXT(system_ip), TEXT(tz),
    {"vpn_id", ROW_KIND_INT, offsetof(struct row, vpn_id)},
    {"local", ROW_KIND_ADDR, offsetof(struct row, local)},
    {"peer", ROW_KIND_ADDR, offsetof(struct row, peer)}};
#undef TEXT
static const struct row_table row_table = {
    "inventory", row_columns, sizeof(row_columns) / sizeof(row_columns[0]), sizeof(struct row)};

struct span inventory_stored_name(const struct inventory_tunnel *t, char buf[ADDR_TEXT_MAX + 16])
{
    char peer[ADDR_TEXT_MAX];
    if (t->name[0])
        return span_of(t->name);
    addr_text(&t->peer, peer);
    return span_from(buf, (size_t)snprintf(buf, ADDR_TEXT_MAX + 16, "unknown:%s", peer));
}

static struct span text_or_null(const char *text)
{
    return *text ? span_of(text) : SPAN_NONE;
}

static void fill(struct row *row, const struct inventory_tunnel *t)
{
    row->device = span_of(t->device);
    row->tunnel = inventory_stored_name(t, row->unnamed);
    row->site = text_or_null(t->site);
    row->carrier = text_or_null(t->carrier);
    row->circuit_id = text_or_null(t->circuit_id);
    row->peer_name = text_or_null(t->peer_name);
    row->contract = text_or_null(t->contract);
    row->system_ip = text_or_null(t->system_ip);
    row->tz = text_or_null(t->tz);
    row->vpn_id = t->vpn_id >= 0 ? t->vpn_id : INT_NONE;
    row->local = t->local;
    row->peer = t->peer;
}

static int say_device(void *ctx, const struct span *columns, size_t n)
{
    static const char *const words[] = {"new", "changed", "removed"};
    FILE *said = ctx;
    const char *before = " (";
    if (n != 5)
        return ERR_BUG;
    fprintf(said, "%.*s: %.*s tunnel%s", (int)columns[0].len, columns[0].ptr, (int)columns[1].len,
        columns[1].ptr, span_eq(columns[1], SPAN("1")) ? "" : "s");
    for (size_t i = 0; i < 3; i++)
        if (!span_eq(columns[i + 2], SPAN("0"))) {
            fprintf(said, "%s%.*s %s", before, (int)columns[i + 2].len, columns[i + 2].ptr, words[i]);
            before = ", ";
        }
    fputs(before[0] == ',' ? ")\n" : " (unchanged)\n", said);
    return 0;
}

int inventory_store(struct pg *pg, struct inventory *const *list, size_t count, FILE *said)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += inventory_count(list[i]);
    struct row *rows = calloc(total + 1, sizeof(*rows)), *next = rows;
    if (!rows)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < inventory_count(list[i]); k++)
            fill(next++, inventory_at(list[i], k));
    const struct copy_job job = {
        .target = "pg_temp.stage_inventory", .table = &row_table, .rows = rows, .count = total};
    int rc = pg_script_once(pg, "inventory_stage", sql_inventory_stage);
    if (rc == 0)
        rc = copy_begin(pg, NULL, &job, 1);
    if (rc == 0)
        rc = pg_script(pg, "inventory_lock", sql_inventory_lock);
    if (rc == 0)
        rc = pg_query(pg, "inventory_change", sql_inventory_change, NULL, 0, say_device, said);
    if (rc == 0)
        rc = pg_script(pg, "commit", "COMMIT");
    free(rows);
    return rc;
}
