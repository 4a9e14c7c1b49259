#include "schema/migrate.h"

#include "classify/base/settings.h"

#include <stdlib.h>

static struct {
    char *database_uri;
} options;

static const struct setting rows[] = {
    {"database", "uri", SETTING_SECRET, 0, NULL, NULL, NULL, NULL, 'd', "database", NULL,
        "PostgreSQL: postgresql://USER@HOST:PORT/NAME; unset: libpq's own environment"},
};

static int run(const char *what)
{
    const struct pg_options pg_options = {.uri = options.database_uri, .application = "ikewatch migrate"};
    struct pg *pg;
    int rc = pg_open(&pg_options, &pg);

    if (rc == 0)
        rc = strcmp(what, "up") == 0 ? migrate_up(pg) : migrate_status(pg, stdout);
    pg_close(pg);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_migrate(int argc, char **argv)
{
    const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};
    int rest = 0, status = EXIT_FAILURE;
    int rc = settings_load("migrate",
        "up: bring the database's schema to this program's version; status: say where it stands", &table, 1,
        argc, argv, &rest);

    if (rc == 1)
        status = EXIT_SUCCESS;
    else if (rc == 0 && rest == argc - 1 &&
             (strcmp(argv[rest], "up") == 0 || strcmp(argv[rest], "status") == 0))
        status = run(argv[rest]);
    else if (rc == 0)
        fputs("ikewatch migrate: say `ikewatch migrate up` or `ikewatch migrate status`\n", stderr);
    settings_free(&table, 1);
    return status;
}
