/* `ikewatch inventory`: what is configured, checked and put into the database. */
#include "classify/base/log.h"
#include "ingest/ingest.h"
#include "ingest/inventory_store.h"
#include "ingest/knowledge.h"
#include "ingest/zone.h"
#include "schema/migrate.h"

#include <stdio.h>
#include <stdlib.h>

static struct inventory_options {
    char *database_uri;
    bool dry_run;
} options;

static const struct setting rows[] = {
    {"database", "uri", SETTING_SECRET, offsetof(struct inventory_options, database_uri), NULL, NULL, NULL,
        NULL, 'd', "database", NULL,
        "PostgreSQL: postgresql://USER@HOST:PORT/NAME; unset: libpq's own environment"},
    {"inventory", "dry_run", SETTING_BOOL, offsetof(struct inventory_options, dry_run), "no", NULL, NULL,
        NULL, 'n', "dry-run", NULL, "only check the files; needs no database"},
};
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

/* A tunnel and where it stands. */
struct place {
    const char *file;
    const struct inventory_tunnel *tunnel;
};

/* Mistakes go to stderr as FILE:LINE: WHAT; REMEDY. @return 0; ERR_PARSE: said */
static int say_errors(const char *file, const struct inventory_errors *errors)
{
    for (size_t i = 0; i < errors->count && i < INVENTORY_ERRORS_MAX; i++)
        fprintf(stderr, "%s:%zu: %s\n", file, errors->list[i].line, errors->list[i].text);
    if (errors->count > INVENTORY_ERRORS_MAX)
        fprintf(stderr, "%s: and %zu more\n", file, errors->count - INVENTORY_ERRORS_MAX);
    return errors->count ? ERR_PARSE : 0;
}

static void wrong(struct inventory_errors *errors, size_t line, const char *what, const char *remedy)
{
    if (errors->count < INVENTORY_ERRORS_MAX) {
        struct inventory_error *e = &errors->list[errors->count];
        e->line = line;
        snprintf(e->text, sizeof(e->text), "%s; %s", what, remedy);
    }
    errors->count++;
}

static bool is_zone(const char *name)
{
    struct zone *zone = NULL;
    int rc = zone_load(name, &zone);
    free(zone);
    return rc != ERR_NOTFOUND;
}

/* What an inventory may leave open, but the database not. */
static int check_tunnels(const char *file, const struct inventory *inv)
{
    struct inventory_errors errors = {.count = 0};
    const char *zone = "";
    char what[128];
    if (inventory_count(inv) == 0)
        wrong(&errors, 1, "no tunnel in it", "give vEdge CLI with `interface ipsecN`, or CSV with a header");
    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct inventory_tunnel *t = inventory_at(inv, i);
        if (!t->device[0])
            wrong(&errors, t->line, "not said whose tunnel this is", "add `host-name NAME` under `system`");
        if (!t->tz[0] || strcmp(t->tz, zone) == 0)
            continue;
        zone = t->tz;
        if (is_zone(zone))
            continue;
        snprintf(what, sizeof(what), "no such time zone: \"%s\"", zone);
        wrong(&errors, t->line, what, "write an IANA name such as Asia/Tokyo, or +09:00");
    }
    return say_errors(file, &errors);
}

static int by_name(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    char name_x[ADDR_TEXT_MAX + 16], name_y[ADDR_TEXT_MAX + 16];
    int order = strcmp(x->tunnel->device, y->tunnel->device);
    if (order)
        return order;
    struct span one = inventory_stored_name(x->tunnel, name_x),
                two = inventory_stored_name(y->tunnel, name_y);
    order = memcmp(one.ptr, two.ptr, one.len < two.len ? one.len : two.len);
    return order ? order : (one.len > two.len) - (one.len < two.len);
}

/* One file alone has no twins; two may tell of one tunnel. @return 0; ERR_PARSE: said; ERR_NOMEM */
static int check_between(char *const *files, struct inventory *const *list, size_t count)
{
    size_t total = 0, n = 0;
    int rc = 0;
    for (size_t i = 0; i < count; i++)
        total += inventory_count(list[i]);
    struct place *places = calloc(total + 1, sizeof(*places));
    if (!places)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < inventory_count(list[i]); k++)
            places[n++] = (struct place){files[i], inventory_at(list[i], k)};
    qsort(places, total, sizeof(*places), by_name);
    for (size_t i = 1; i < total; i++) {
        const struct place *a = &places[i - 1], *b = &places[i];
        if (by_name(a, b) != 0)
            continue;
        fprintf(stderr, "%s:%u: %s %s stands also in %s:%u; keep one of them\n", b->file,
            (unsigned)b->tunnel->line, b->tunnel->device, b->tunnel->name, a->file,
            (unsigned)a->tunnel->line);
        rc = ERR_PARSE;
    }
    free(places);
    return rc;
}

/* Every file, however many are wrong. @return 0, or the first error; all were said */
static int read_files(char *const *files, struct inventory **list, size_t count)
{
    struct inventory_errors errors;
    int first = 0;
    for (size_t i = 0; i < count; i++) {
        int rc = knowledge_inventory_file(files[i], &list[i], &errors);
        if (rc == 0)
            rc = check_tunnels(files[i], list[i]);
        else if (rc == ERR_PARSE)
            say_errors(files[i], &errors);
        else if (rc == ERR_NOMEM)
            fprintf(stderr, "%s: %s\n", files[i], err_text(rc));
        first = first ? first : rc;
    }
    return first ? first : check_between(files, list, count);
}

static int store(struct inventory *const *list, size_t count)
{
    const struct pg_options pg_options = {.uri = options.database_uri, .application = "ikewatch inventory"};
    struct pg *pg;
    char *text = NULL;
    size_t len = 0;
    FILE *said = open_memstream(&text, &len);
    if (!said)
        return ERR_NOMEM;
    int rc = pg_open(&pg_options, &pg);
    if (rc == 0)
        rc = migrate_check(pg);
    if (rc == 0)
        rc = inventory_store(pg, list, count, said);
    pg_close(pg);
    fclose(said);
    if (rc == 0)
        fputs(text, stdout);
    free(text);
    return rc;
}

static int import(char *const *files, size_t count)
{
    struct inventory **list = calloc(count, sizeof(struct inventory *));
    int rc = list ? read_files(files, list, count) : ERR_NOMEM;
    if (rc)
        fputs("nothing was imported\n", stderr);
    for (size_t i = 0; rc == 0 && options.dry_run && i < count; i++)
        printf("%s: %zu tunnel%s, no mistake\n", files[i], inventory_count(list[i]),
            inventory_count(list[i]) == 1 ? "" : "s");
    if (rc == 0 && !options.dry_run)
        rc = store(list, count);
    for (size_t i = 0; list && i < count; i++)
        inventory_free(list[i]);
    free(list);
    return rc;
}

int verb_inventory(int argc, char **argv)
{
    int rest = 0;
    int rc = settings_load("inventory import FILE…",
        "Checks vEdge CLI or CSV files and makes the database's inventory of their devices the same.\n"
        "CSV has a header of: device system_ip site tunnel vpn local peer peer_name carrier circuit_id tz "
        "contract.",
        &table, 1, argc, argv, &rest);
    if (rc == 0 && (rest >= argc || strcmp(argv[rest], "import") != 0)) {
        fputs("ikewatch inventory: say `ikewatch inventory import FILE…`\n", stderr);
        rc = ERR_USAGE;
    } else if (rc == 0 && rest + 1 >= argc) {
        fputs("ikewatch inventory: name a file to import\n", stderr);
        rc = ERR_USAGE;
    } else if (rc == 0) {
        rc = import(argv + rest + 1, (size_t)(argc - rest - 1));
    }
    settings_free(&table, 1);
    return rc > 0 ? EXIT_SUCCESS : rc;
}
