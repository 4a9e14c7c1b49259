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

/* A template is recognised by one of three databases, scanned in this order. Each finds what a template
 * cannot do without; the reader judges. */
enum stage_kind {
    STAGE_HEAD,  /* the literal text it begins with, in the first HEAD_BYTES of a message */
    STAGE_INNER, /* literal text that stands anywhere, of templates that begin with a field */
    STAGE_WHOLE, /* the whole expression, of templates with next to no literal text */
    STAGE_COUNT
};

enum { HEAD_BYTES = 16, NEEDLES_MAX = 16 };

/* Literal texts of which a message of the template holds at least one; none in STAGE_WHOLE. */
struct needles {
    enum stage_kind stage;
    size_t count, len[NEEDLES_MAX];
    char text[NEEDLES_MAX][HEAD_BYTES];
};

struct stage {
    void *database; /* hs_database_t, its ids are ranks; NULL: no template */
    uint32_t first_rank;
};

struct catalogue {
    struct template *templates;
    size_t template_count, template_cap, file_first_template;
    struct cause *causes;
    size_t cause_count, cause_cap, file_first_cause;
    struct stage stages[STAGE_COUNT];
    uint32_t *by_rank; /* templates, the most specific first, equals as they were added */
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
void template_needles(const struct template *t, struct needles *out);
/* catalog_hs.c */
void catalogue_database_free(struct catalogue *cat);

#endif
