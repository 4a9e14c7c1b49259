/*
 * corpus.h — the logs of tests/corpus as records, in stamp order as `analyze` feeds them.
 */
#ifndef IKEWATCH_TESTS_CORPUS_H
#define IKEWATCH_TESTS_CORPUS_H

#include "classify/classify.h"

struct corpus {
    char *bytes;
    struct record *records;
    size_t count;
};

/* @param path  of a messages file; records are keyed `device` */
struct corpus corpus_load(const char *path, const char *device);
void corpus_free(struct corpus *c);

/* Names of the cases below CORPUS_DIR, sorted; the list is static. */
size_t corpus_cases(char names[][64], size_t max);

/* The built-in catalogue, once a process. */
const struct catalogue *corpus_catalogue(void);

#endif
