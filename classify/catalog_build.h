/*
 * catalog_build.h — the catalogue's inside, shared by catalog.c (files), template.c (grammar), catalog_hs.c
 * (database), match.c (scan).
 */
#ifndef IKEWATCH_CLASSIFY_CATALOG_BUILD_H
#define IKEWATCH_CLASSIFY_CATALOG_BUILD_H

#include "classify/catalog.h"

/* One step of a field reader. */
enum segment_kind {
    SEGMENT_LITERAL,
    SEGMENT_UNSIGNED, /* :u */
    SEGMENT_HEX,      /* :x */
    SEGMENT_ADDR,     /* :a */
    SEGMENT_WORD,     /* :w */
    SEGMENT_SHORTEST, /* :s, up to the literal that follows */
    SEGMENT_REST,     /* :r */
    SEGMENT_ONE_OF,   /* {|a|b|}: `text` is "a|b|" */
    SEGMENT_IGNORE,   /* {*} */
};

struct segment {
    enum segment_kind kind;
    int field;        /* enum field; -1: not kept */
    struct span text; /* of SEGMENT_LITERAL and SEGMENT_ONE_OF; points into the template's text */
};

struct catalogue {
    struct template *templates;
    size_t template_count, template_cap, file_first_template;
    struct cause *causes;
    size_t cause_count, cause_cap, file_first_cause;
    void *database; /* hs_database_t; NULL before compiling */
    uint64_t hash;
};

struct builtin_file {
    const char *name, *bytes;
    size_t len;
};
extern const struct builtin_file catalogue_builtin_files[];
extern const size_t catalogue_builtin_count;

/* template.c: text → segments. @return NULL or what is wrong with it */
const char *template_compile(struct template *t);
/* template.c: segments → an anchored expression, malloc()ed. `whole`: all of it, as a person would write it;
 * else its telling part */
char *template_expression(const struct template *t, bool whole);
/* catalog_hs.c */
void catalogue_database_free(struct catalogue *cat);

#endif
