#include "schema/migrate.h"
#include "schema/sql.h"
#include "tests/sql/database.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

enum { MIGRATORS = 4 };

static int status_of(struct pg *pg)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int rc = migrate_status(pg, out);

    fclose(out);
    free(text);
    return rc;
}

Test(migrate, from_empty_and_again)
{
    struct pg *pg = database_open(database_create("migrate_empty"));

    cr_assert_eq(migrate_check(pg), ERR_SCHEMA);
    cr_assert_eq(status_of(pg), 1);
    cr_assert_eq(migrate_up(pg), 0);
    cr_assert_eq(migrate_check(pg), 0);
    cr_assert_eq(status_of(pg), 0);
    cr_assert_eq(migrate_up(pg), 0, "nothing is left to do");
    cr_assert_eq((size_t)database_number(pg, "SELECT count(*) FROM ikewatch.migration"), sql_migration_count);
    pg_close(pg);
}

static void *migrate_there(void *uri)
{
    struct pg *pg = database_open(uri);
    int rc = migrate_up(pg);

    pg_close(pg);
    return rc == 0 ? uri : NULL;
}

Test(migrate, at_the_same_time)
{
    pthread_t threads[MIGRATORS];
    void *uri = (void *)database_create("migrate_race"), *done = NULL;

    for (size_t i = 0; i < MIGRATORS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, migrate_there, uri), 0);
    for (size_t i = 0; i < MIGRATORS; i++) {
        pthread_join(threads[i], &done);
        cr_expect_eq(done, uri, "migrator %zu", i);
    }
    struct pg *pg = database_open(uri);
    cr_assert_eq(status_of(pg), 0);
    pg_close(pg);
}

Test(migrate, a_newer_schema_that_is_still_compatible)
{
    struct pg *pg = database_with_schema("migrate_newer");

    pg_script(pg, "age", "UPDATE ikewatch.meta SET schema_version = 9999, function_digest = 'newer'");
    cr_assert_eq(migrate_check(pg), 0);
    cr_assert_eq(migrate_up(pg), 0);
    cr_assert_str_eq(
        database_text(pg, "SELECT function_digest FROM ikewatch.meta"), "newer", "its functions stay");
    pg_close(pg);
}

Test(migrate, a_newer_schema_that_is_not_is_refused)
{
    struct pg *pg = database_with_schema("migrate_refused");

    pg_script(pg, "age", "UPDATE ikewatch.meta SET schema_version = 9999, min_compatible = 9999");
    cr_assert_eq(migrate_check(pg), ERR_SCHEMA);
    cr_assert_eq(migrate_up(pg), ERR_SCHEMA);
    pg_close(pg);
}

Test(migrate, an_older_schema_needs_migrating)
{
    struct pg *pg = database_with_schema("migrate_older");

    pg_script(pg, "age", "UPDATE ikewatch.meta SET schema_version = schema_version - 1");
    cr_assert_eq(migrate_check(pg), ERR_SCHEMA);
    pg_close(pg);
}

Test(migrate, functions_are_put_back)
{
    struct pg *pg = database_with_schema("migrate_functions");

    cr_assert_eq(pg_script(pg, "spoil",
                     "UPDATE ikewatch.meta SET function_digest = 'other'; DROP FUNCTION ikewatch.digest();"
                     "CREATE FUNCTION ikewatch.digest() RETURNS integer LANGUAGE sql AS 'SELECT 1';"
                     "CREATE FUNCTION ikewatch.overlap_ms(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"),
        0);
    cr_assert_eq(status_of(pg), 1);
    cr_assert_eq(migrate_up(pg), 0);
    cr_assert_eq(status_of(pg), 0);
    cr_assert_eq(database_number(pg, "SELECT count(*) FROM ikewatch.digest() WHERE name = 'incident'"), 1,
        "another type");
    cr_assert_eq(database_number(pg, "SELECT count(*) FROM pg_proc WHERE proname = 'overlap_ms'"), 1,
        "no other signature beside it");
    pg_close(pg);
}

Test(migrate, a_failing_migration_leaves_nothing)
{
    struct pg *pg = database_open(database_create("migrate_fails"));

    pg_script(pg, "obstacle", "CREATE SCHEMA ikewatch; CREATE TABLE ikewatch.device ()");
    cr_assert_eq(migrate_up(pg), ERR_DB);
    cr_assert_eq(database_number(pg, "SELECT schema_version FROM ikewatch.meta"), 1,
        "the second migration made device");
    cr_assert_str_eq(
        database_text(pg, "SELECT coalesce(to_regclass('ikewatch.tunnel')::text, 'none')"), "none");
    pg_script(pg, "remedy", "DROP TABLE ikewatch.device");
    cr_assert_eq(migrate_up(pg), 0);
    pg_close(pg);
}

Test(migrate, without_the_right_to_make_roles)
{
    struct pg *pg = database_open(database_create("migrate_plain"));

    cr_assert_eq(pg_script(pg, "plain",
                     "CREATE ROLE plain LOGIN PASSWORD 'plain' NOSUPERUSER NOCREATEROLE; GRANT CREATE ON "
                     "DATABASE migrate_plain TO plain;"
                     "SET ROLE plain"),
        0);
    cr_assert_eq(migrate_up(pg), 0);
    pg_close(pg);
}
