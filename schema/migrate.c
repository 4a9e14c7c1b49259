#include "schema/migrate.h"

#include "classify/base/log.h"
#include "schema/sql.h"

#include <inttypes.h>
#include <stdlib.h>

enum { DIGEST_BYTES = 17, NUMBER_BYTES = 12, SIGNATURES_MAX = 8 };

struct meta {
    bool exists;
    uint64_t version, min_compatible;
    char function_digest[DIGEST_BYTES];
};

static uint64_t version_of(size_t i)
{
    uint64_t n = 0;
    span_u64(span_from(sql_migrations[i].name, strcspn(sql_migrations[i].name, "_")), &n);
    return n;
}

static uint64_t own_version(void)
{
    return version_of(sql_migration_count - 1);
}

static void own_digest(char digest[DIGEST_BYTES])
{
    uint64_t h = span_hash(span_of(sql_roles), 0);

    for (size_t i = 0; i < sql_function_count; i++)
        h = span_hash(span_of(sql_functions[i].sql), h);
    snprintf(digest, DIGEST_BYTES, "%016" PRIx64, h);
}

static int take_exists(void *ctx, const struct span *columns, size_t n)
{
    (void)columns;
    (void)n;
    *(bool *)ctx = true;
    return 0;
}

static int take_meta(void *ctx, const struct span *columns, size_t n)
{
    struct meta *m = ctx;

    if (n != 3 || !span_u64(columns[0], &m->version) || !span_u64(columns[1], &m->min_compatible))
        return ERR_BUG;
    span_copy(m->function_digest, sizeof(m->function_digest), columns[2]);
    return 0;
}

static int read_meta(struct pg *pg, struct meta *m)
{
    *m = (struct meta){0};
    int rc = pg_query(pg, "migrate_exists", sql_migrate_exists, NULL, 0, take_exists, &m->exists);
    if (rc == 0 && m->exists)
        rc = pg_query(pg, "migrate_meta", sql_migrate_meta, NULL, 0, take_meta, m);
    return rc;
}

/* A newer schema is fine as long as its min_compatible says so. */
static int refuse_newer(const struct meta *m)
{
    if (m->version <= own_version() || m->min_compatible <= own_version())
        return 0;
    log_error("schema.newer",
        "database=%" PRIu64 " min_compatible=%" PRIu64 " program=%" PRIu64
        " remedy=\"upgrade ikewatch to the version that migrated this database\"",
        m->version, m->min_compatible, own_version());
    return ERR_SCHEMA;
}

struct signatures {
    char *drops[SIGNATURES_MAX];
    size_t count;
};

static int take_signature(void *ctx, const struct span *columns, size_t n)
{
    struct signatures *s = ctx;

    if (n != 1 || s->count == SIGNATURES_MAX)
        return ERR_BUG;
    s->drops[s->count] = strndup(columns[0].ptr, columns[0].len);
    return s->drops[s->count++] ? 0 : ERR_NOMEM;
}

static int drop_function(struct pg *pg, const char *name)
{
    struct signatures s = {.count = 0};
    const struct pg_param param = {span_of(name)};
    int rc = pg_query(pg, "function_signatures", sql_function_signatures, &param, 1, take_signature, &s);

    for (size_t i = 0; rc == 0 && i < s.count; i++)
        rc = pg_script(pg, name, s.drops[i]);
    for (size_t i = 0; i < s.count; i++)
        free(s.drops[i]);
    return rc;
}

/* In place; what cannot be replaced in place (42P13: other columns or type), and what left an old signature
 * beside the new, is dropped and made again. */
static int replace_function(struct pg *pg, const struct sql_file *f)
{
    const struct pg_param param = {span_of(f->name)};
    bool again = false;
    int rc = pg_script(pg, f->name, "SAVEPOINT replace");

    if (rc < 0)
        return rc;
    pg_expect(pg, "42P13");
    rc = pg_script(pg, f->name, f->sql);
    pg_expect(pg, NULL);
    if (rc == ERR_DB && strcmp(pg_sqlstate(pg), "42P13") == 0) {
        again = true;
        rc = pg_script(pg, f->name, "ROLLBACK TO replace");
    } else if (rc == 0) {
        rc = pg_query(pg, "function_overloads", sql_function_overloads, &param, 1, take_exists, &again);
    }
    if (rc == 0 && again)
        rc = drop_function(pg, f->name);
    if (rc == 0 && again)
        rc = pg_script(pg, f->name, f->sql);
    return rc < 0 ? rc : pg_script(pg, f->name, "RELEASE replace");
}

static int replace_functions(struct pg *pg)
{
    char digest[DIGEST_BYTES];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sql_function_count; i++)
        rc = replace_function(pg, &sql_functions[i]);
    if (rc == 0)
        rc = pg_script(pg, "roles", sql_roles);
    own_digest(digest);
    const struct pg_param param = {span_of(digest)};
    return rc < 0 ? rc : pg_command(pg, "migrate_functions", sql_migrate_functions, &param, 1);
}

/* In the caller's transaction. */
static int apply_one(struct pg *pg, size_t i)
{
    char number[NUMBER_BYTES];
    int rc = pg_script(pg, sql_migrations[i].name, sql_migrations[i].sql);

    snprintf(number, sizeof(number), "%" PRIu64, version_of(i));
    const struct pg_param params[] = {{span_of(number)}, {span_of(sql_migrations[i].name)}};
    if (rc == 0)
        rc = pg_command(pg, "migrate_record", sql_migrate_record, params, 2);
    if (rc == 0)
        log_info("schema.migrated", "version=%" PRIu64 " name=%s", version_of(i), sql_migrations[i].name);
    return rc;
}

static int end_transaction(struct pg *pg, int rc)
{
    if (!pg_alive(pg))
        return ERR_DBCONN;
    int end = pg_script(pg, "migrate.end", rc == 0 ? "COMMIT" : "ROLLBACK");
    return rc < 0 ? rc : end;
}

/* Each migration in a transaction of its own, the last one's with the functions, which may need its tables.
 */
static int apply_pending(struct pg *pg, const struct meta *m)
{
    char digest[DIGEST_BYTES];
    int rc = 0;
    bool replaced = false;

    for (size_t i = 0; rc == 0 && i < sql_migration_count; i++) {
        if (m->exists && version_of(i) <= m->version)
            continue;
        replaced = i == sql_migration_count - 1;
        rc = pg_script(pg, "migrate.begin", "BEGIN");
        if (rc == 0)
            rc = apply_one(pg, i);
        if (rc == 0 && replaced)
            rc = replace_functions(pg);
        rc = end_transaction(pg, rc);
    }
    own_digest(digest);
    if (rc < 0 || replaced || strcmp(digest, m->function_digest) == 0)
        return rc;
    rc = pg_script(pg, "migrate.begin", "BEGIN");
    if (rc == 0)
        rc = replace_functions(pg);
    return end_transaction(pg, rc);
}

int migrate_up(struct pg *pg)
{
    struct meta m;
    int rc = pg_command(pg, "migrate_lock", sql_migrate_lock, NULL, 0);

    if (rc < 0)
        return rc;
    rc = read_meta(pg, &m);
    if (rc == 0)
        rc = refuse_newer(&m);
    if (rc == 0 && m.version <= own_version())
        rc = apply_pending(pg, &m);
    if (pg_alive(pg))
        pg_command(pg, "migrate_unlock", sql_migrate_unlock, NULL, 0);
    return rc;
}

static int print_applied(void *ctx, const struct span *columns, size_t n)
{
    if (n != 3)
        return ERR_BUG;
    fprintf(ctx, "%-28.*s applied %.*s\n", (int)columns[1].len, columns[1].ptr, (int)columns[2].len,
        columns[2].ptr);
    return 0;
}

int migrate_status(struct pg *pg, FILE *out)
{
    struct meta m;
    char digest[DIGEST_BYTES];
    int rc = read_meta(pg, &m);

    if (rc == 0 && m.exists)
        rc = pg_query(pg, "migrate_applied", sql_migrate_applied, NULL, 0, print_applied, out);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sql_migration_count; i++)
        if (!m.exists || version_of(i) > m.version)
            fprintf(out, "%-28s pending\n", sql_migrations[i].name);
    own_digest(digest);
    bool current = strcmp(digest, m.function_digest) == 0;
    fprintf(out, "%-28s %s\n", "functions", current ? "current" : "other than this program's");
    fprintf(out, "schema %" PRIu64 ", program %" PRIu64 "\n", m.version, own_version());
    return m.version == own_version() && current ? 0 : 1;
}

int migrate_check(struct pg *pg)
{
    struct meta m;
    int rc = read_meta(pg, &m);

    if (rc == 0)
        rc = refuse_newer(&m);
    if (rc == 0 && m.version < own_version()) {
        log_error("schema.older",
            "database=%" PRIu64 " program=%" PRIu64 " remedy=\"run: ikewatch migrate up\"", m.version,
            own_version());
        return ERR_SCHEMA;
    }
    return rc;
}
