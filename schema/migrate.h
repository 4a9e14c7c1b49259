/*
 * migrate.h — the schema and its version.
 *
 * Migrations (schema/migrations/NNNN_what.sql) and functions (schema/functions/, one a file) are compiled
 * into the program. Migrations run once, forward, each in a transaction, under an advisory lock; functions
 * are replaced in place after them, in the same transaction as the last one, when their digest changed.
 */
#ifndef IKEWATCH_SCHEMA_MIGRATE_H
#define IKEWATCH_SCHEMA_MIGRATE_H

#include "schema/pg.h"

#include <stdio.h>

/* Bring the database up to this program's version. Concurrent callers wait for each other.
 * @return 0; ERR_SCHEMA: the database is newer than this program and its min_compatible says so; or a
 * database error */
int migrate_up(struct pg *pg);

/* A table of migrations with applied_at, and whether functions are current; @return 0 when up to date, 1 when
 * not, or an error */
int migrate_status(struct pg *pg, FILE *out);

/* Does the schema fit this program? @return 0; ERR_SCHEMA with the remedy logged (run `ikewatch migrate up`,
 * or upgrade ikewatch) */
int migrate_check(struct pg *pg);

/* `ikewatch migrate up|status`; @return the exit status */
int verb_migrate(int argc, char **argv);

#endif
