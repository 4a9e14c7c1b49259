/*
 * cause_load.h — the causes of the built-in catalogue and their texts, written to ikewatch.cause so that SQL
 * can join them.
 */
#ifndef IKEWATCH_API_CAUSE_LOAD_H
#define IKEWATCH_API_CAUSE_LOAD_H

#include "schema/pg.h"

/* Bring the table up to this program's catalogue; rows of causes it does not know stay. @return 0 or a
 * database error */
int cause_load(struct pg *pg);

/* The slugs of the built-in catalogue, blank-separated, malloc()ed; NULL when it cannot be read (said on the
 * log). */
char *cause_slugs(void);

#endif
