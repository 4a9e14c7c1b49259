#include "database.h"

#include "schema/migrate.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { URI_BYTES = 512, TEXT_BYTES = 8192 };

struct pg *database_open(const char *uri)
{
    struct pg *pg = NULL;
    const struct pg_options options = {.uri = uri, .application = "ikewatch test", .ingest = true};

    cr_assert_eq(pg_open(&options, &pg), 0);
    return pg;
}

const char *database_create(const char *name)
{
    static char uri[URI_BYTES];
    char sql[128];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");

    cr_assert_not_null(server, "run it by tests/sql/with_postgres");
    struct pg *pg = database_open(server);
    snprintf(sql, sizeof(sql), "CREATE DATABASE \"%s\"", name);
    cr_assert_eq(pg_script(pg, "create", sql), 0);
    pg_close(pg);
    snprintf(uri, sizeof(uri), "%.*s/%s", (int)(strrchr(server, '/') - server), server, name);
    return uri;
}

struct pg *database_with_schema(const char *name)
{
    struct pg *pg = database_open(database_create(name));

    cr_assert_eq(migrate_up(pg), 0);
    return pg;
}

static int take_text(void *ctx, const struct span *columns, size_t n)
{
    cr_assert_geq(n, 1);
    cr_assert_lt(columns[0].len, TEXT_BYTES);
    span_copy(ctx, TEXT_BYTES, columns[0].ptr ? columns[0] : SPAN("NULL"));
    return 0;
}

const char *database_text(struct pg *pg, const char *sql)
{
    static char texts[4][TEXT_BYTES];
    static size_t turn;
    char *text = texts[turn++ % 4];

    *text = '\0';
    cr_assert_eq(pg_query(pg, "test", sql, NULL, 0, take_text, text), 0, "%s", sql);
    return text;
}

long long database_number(struct pg *pg, const char *sql)
{
    return strtoll(database_text(pg, sql), NULL, 10);
}

char *database_digest(struct pg *pg)
{
    return strdup(database_text(pg, "SELECT string_agg(name || ' ' || rows || ' ' || hash, E'\\n' ORDER BY "
                                    "name) FROM ikewatch.digest()"));
}
