/*
 * catalog.h — step 3: the catalogue of message templates and causes, from INI files to one Hyperscan database
 * and field readers.
 *
 * A template is the daemon's own format string with typed fields; from it come the Hyperscan expression
 * (anchored, no captures), the field reader and, by its samples, a test. Grammar of `text`: {name:u} unsigned
 * decimal       {name:x}  hexadecimal        {name:a}  an address: no blank, no bracket {name:w}  a word: no
 * blank       {name:s}  shortest text up to the next literal      {name:r}  the rest of the line
 *   {|a|b}    one of these texts; {|a|b|}: a, b or nothing         {*}      anything behind is ignored
 *   {{ and }} a brace as charon prints it around a CHILD_SA's number; {_:w} a field that is not kept
 * Names of fields are those of event.h (FIELD list). Built in: the INI files of catalog/; more files may be
 * added before compiling. Threads const after catalogue_compile().
 */
#ifndef IKEWATCH_CLASSIFY_CATALOG_H
#define IKEWATCH_CLASSIFY_CATALOG_H

#include "classify/base/err.h"
#include "classify/event.h"

struct catalogue; /* opaque */

enum { TEMPLATE_SAMPLES_MAX = 4 };

struct template
{
    const char *id; /* section name; stored nowhere but in unknown-template reports, so it may be renamed */
    enum event_kind event;
    int fact;          /* enum fact, 0: none: what the line alone proves (fact.def) */
    const char *group; /* IKE, ENC, …; FTMD and its neighbours: VIP */
    const char *text, *source;
    const char *file;                          /* that holds the section, as named to catalogue_add() */
    const char *samples[TEMPLATE_SAMPLES_MAX]; /* message texts without head; NULL behind the last */
    size_t literal_bytes;           /* of the template: of two that match, the more specific wins */
    const struct segment *segments; /* the field reader, catalog.c */
    size_t segment_count;
    bool nocase;
};

/* Steps are lists: one a line. */
struct cause {
    const char *slug;
    const char *side; /* enum side as text */
    const char *title_en, *title_ja;
    const char *verdict_en, *verdict_ja; /* one sentence for the person at night */
    const char *explain_en, *explain_ja; /* why this follows from the lines, what it is and what it is not */
    const char *verify_en, *verify_ja;   /* steps */
    const char *mend_en, *mend_ja;       /* steps */
    const char *enable_en, *enable_ja;   /* what to turn on so that the log says more; NULL: nothing */
    const char *needs;                   /* "proposals": what the log must have for a repair; NULL: nothing */
    const char *source;
};

/* The built-in files, compiled. @return NULL: *error says file, line and why */
struct catalogue *catalogue_builtin(char *error, size_t error_cap);

/* Step by step: new, add files (name for messages), compile. @return 0, ERR_CATALOGUE with *error, ERR_NOMEM
 */
struct catalogue *catalogue_new(void);
int catalogue_add(struct catalogue *cat, const char *name, struct span text, char *error, size_t error_cap);
int catalogue_add_builtin(struct catalogue *cat, char *error, size_t error_cap);
int catalogue_compile(struct catalogue *cat, char *error, size_t error_cap);
void catalogue_free(struct catalogue *cat); /* NULL is fine */

size_t catalogue_template_count(const struct catalogue *cat);
const struct template *catalogue_template(const struct catalogue *cat, size_t i);

size_t catalogue_cause_count(const struct catalogue *cat);
const struct cause *catalogue_cause_at(const struct catalogue *cat, size_t i);
/* @return NULL: no such slug */
const struct cause *catalogue_cause(const struct catalogue *cat, struct span slug);

/* Whether the reader is told what to turn on: the verdict is less than certain, no line proves it, or what
 * its repair needs is not in the log. */
bool catalogue_asks_for_more(
    const struct cause *cause, struct span confidence, size_t evidence_lines, bool has_proposals);
/* What to do, a line a thought: explain, verify, mend and, when more is asked for, enable. @return
 * malloc()ed; NULL: no memory */
char *catalogue_advice(const struct cause *cause, bool japanese, bool ask_for_more);

/* Over everything compiled; checkpoints and ETags carry it. */
uint64_t catalogue_hash(const struct catalogue *cat);

/* The field reader: fills captures of `text` by template i. @return false: the text does not fit the template
 * after all */
bool catalogue_read(const struct catalogue *cat, size_t i, struct span text, struct captures *out);

#endif
