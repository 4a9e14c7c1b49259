/*
 * catalog_build.h — the catalogue's inside, shared by catalog.c (files), template.c (grammar), catalog_hs.c
 * (database), catalog_rivals.c (which stages can be left out), match.c (scan).
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

/* A template is recognised by one of four databases, scanned in this order. Each finds what a template
 * cannot do without; the reader judges. */
enum stage_kind {
    STAGE_HEAD,   /* the literal text it begins with, in the first HEAD_BYTES of a message */
    STAGE_BEHIND, /* literal text that stands anywhere, of templates that begin with text too short to tell */
    STAGE_INNER,  /* the same of templates that begin with a field */
    STAGE_WHOLE,  /* the whole expression, of templates with next to no literal text */
    STAGE_COUNT
};

enum {
    HEAD_BYTES = 16,
    NEEDLES_MAX = 16,
    NEEDLE_MIN_BYTES = 4, /* a shorter one too many messages hold */
    FILTER_BITS = 14,
};

/* Literal texts of which a message of the template holds at least one; none in STAGE_WHOLE. */
struct needles {
    enum stage_kind stage;
    size_t count, len[NEEDLES_MAX];
    char text[NEEDLES_MAX][HEAD_BYTES];
};

struct stage {
    void *database;   /* hs_database_t, its ids are ranks; NULL: no template */
    bool begins[256]; /* bytes that a message of its templates can begin with */
};

struct catalogue {
    struct template *templates;
    size_t template_count, template_cap, file_first_template;
    struct cause *causes;
    size_t cause_count, cause_cap, file_first_cause;
    struct stage stages[STAGE_COUNT];
    uint32_t *by_rank; /* templates, the most specific first, equals as they were added */
    uint8_t *rivals;   /* by rank, a bit a stage: a template there is more specific and may fit, too */
    uint64_t heads[(1 << FILTER_BITS) / 64]; /* a bit for the first bytes of each needle of STAGE_HEAD */
    uint64_t hash;
};

/* The bit of a text's first NEEDLE_MIN_BYTES, whatever their case. */
static inline uint32_t catalogue_head_bit(const char *text)
{
    uint32_t first;
    memcpy(&first, text, NEEDLE_MIN_BYTES);
    return (first | UINT32_C(0x20202020)) * UINT32_C(0x9E3779B1) >> (32 - FILTER_BITS);
}

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
/* Takes the next of "a|b|" off the rest. @return false: there is none */
bool template_choice(struct span *rest, struct span *choice);
/* The bytes that a message of it can begin with. */
void template_begins(const struct template *t, bool out[256]);
/* catalog_rivals.c */
void catalogue_find_rivals(struct catalogue *cat);
/* catalog_hs.c */
void catalogue_database_free(struct catalogue *cat);

#endif
