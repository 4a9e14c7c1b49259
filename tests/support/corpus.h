/*
 * corpus.h — the logs of tests/corpus as records, as they stand in the file.
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

/* The same log as it arrives when each line is up to 2 s late, the lines of one thread in their order; free
 * it before `log`. */
struct corpus corpus_mixed(const struct corpus *log, uint32_t seed);

/* Names of the cases below CORPUS_DIR, sorted; the list is static. */
size_t corpus_cases(char names[][64], size_t max);

/* Calls `check` with the log of each case, keyed vedge01. Aborts if there is none. */
void corpus_each(void (*check)(const char *name, const struct corpus *log));

/* The built-in catalogue, once a process. */
const struct catalogue *corpus_catalogue(void);

#endif
