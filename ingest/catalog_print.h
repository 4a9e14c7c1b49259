/*
 * catalog_print.h — the catalogue as a table for people, as the page classify/catalog/README.md, or as JSON;
 * to stdout.
 */
#ifndef IKEWATCH_INGEST_CATALOG_PRINT_H
#define IKEWATCH_INGEST_CATALOG_PRINT_H

#include "classify/catalog.h"

void catalog_print_text(const struct catalogue *cat);
void catalog_print_markdown(const struct catalogue *cat);
/* @return 0 or ERR_NOMEM */
int catalog_print_json(const struct catalogue *cat);

#endif
