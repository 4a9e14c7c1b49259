/*
 * knowledge.h — what the workers share and only read: the catalogue of templates and causes, and the
 * inventory.
 */
#ifndef IKEWATCH_INGEST_KNOWLEDGE_H
#define IKEWATCH_INGEST_KNOWLEDGE_H

#include "classify/catalog.h"
#include "classify/inventory.h"
#include "ingest/ingest.h"
#include "ingest/zone.h"

/* The built-in catalogue and, if directory is not NULL, its *.ini in order of name. @return NULL: said on the
 * log */
struct catalogue *knowledge_catalogue(const char *directory);

/* The same, and then these files. */
struct catalogue *knowledge_catalogue_with(const char *directory, char *const *files, size_t count);

/**
 * @param errors  out: the file's mistakes, not said on the log, when ERR_PARSE
 * @return 0; ERR_IO, said on the log; ERR_PARSE, ERR_NOMEM
 */
int knowledge_inventory_file(const char *file, struct inventory **out, struct inventory_errors *errors);

/**
 * The same with every mistake said on the log, by file and line.
 * @param file  NULL: none, *out is NULL
 * @return 0; ERR_IO, ERR_PARSE, ERR_NOMEM, said on the log
 */
int knowledge_inventory(const char *file, struct inventory **out);

/* All that lines are read with. */
struct knowledge {
    struct catalogue *catalogue;
    struct inventory *inventory; /* NULL: none */
    struct zone_set zones;
    int64_t hash;           /* of all of it and of the settings that classify takes, >= 0 */
    struct knowledge *next; /* for who keeps some */
};

/* @return 0 and *out; ERR_CATALOGUE, ERR_IO, ERR_PARSE, ERR_USAGE, ERR_NOMEM, said on the log */
int knowledge_load(const struct ingest_options *options, struct knowledge **out);
void knowledge_free(struct knowledge *k); /* NULL is fine */

#endif
