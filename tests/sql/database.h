/*
 * database.h — a database of its own for one test, and short questions to it.
 *
 * Every call ends the test if it fails. IKEWATCH_TEST_DATABASE (set by with_postgres) leads to the server.
 */
#ifndef IKEWATCH_TESTS_DATABASE_H
#define IKEWATCH_TESTS_DATABASE_H

#include "schema/pg.h"

/* A new, empty database; its URI in a static buffer. */
const char *database_create(const char *name);

/* A new database with the schema in place, and an ingest session of it. */
struct pg *database_with_schema(const char *name);

/* One more ingest session. */
struct pg *database_open(const char *uri);

/* The first column of the first row; in one of four static buffers in turn; "NULL" for NULL, "" without a
 * row. */
const char *database_text(struct pg *pg, const char *sql);
long long database_number(struct pg *pg, const char *sql);

/* ikewatch.digest() as one text, to be freed. */
char *database_digest(struct pg *pg);

#endif
