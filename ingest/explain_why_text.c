#include "ingest/analysis_paper.h"
#include "ingest/explain_fact.h"
#include "ingest/explain_why.h"

#include <stdlib.h>

enum { WIDTH_COLUMNS = 100, FACTS_TEXT_MAX = 2048, SLUG_COLUMNS = 27 };

static int length(struct span s)
{
    return (int)s.len;
}

static const char *start(struct span s)
{
    return s.ptr ? s.ptr : "";
}

/* "ike-delete-received (the peer closed the IKE_SA) and …" */
static const char *facts_in_words(uint64_t facts, const char *link, char buf[FACTS_TEXT_MAX])
{
    size_t used = 0;
    buf[0] = '\0';
    for (int f = 1; f < FACT_COUNT; f++) {
        if (!(facts & FACT_BIT(f)))
            continue;
        int n = snprintf(buf + used, FACTS_TEXT_MAX - used, "%s%s (%s)", used ? link : "",
            fact_name((enum fact)f), explain_fact((enum fact)f));
        used += n > 0 && (size_t)n < FACTS_TEXT_MAX - used ? (size_t)n : 0;
    }
    return buf;
}

/* A log may hold what would command the terminal. */
static const char *harmless(struct span text, char *buf, size_t cap)
{
    size_t n = span_copy(buf, cap, text);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)buf[i] < ' ' || buf[i] == 0x7f)
            buf[i] = '?';
    return buf;
}

static void print_fact(
    const struct explain_why_view *v, const struct paper *p, const struct classify_decision *d, enum fact f)
{
    char when[PAPER_TIME_MAX], text[FACTS_TEXT_MAX];
    const struct row_evidence *e = explain_why_line(v->analysis, d, f);
    if (!e)
        return;
    int64_t line;
    const char *file = analysis_file_of(v->analysis, e->source_offset + 1, &line);
    paper_line(p, "", "  %s  %s%sline %lld  %s", paper_time(p, e->at, when), file ? file : "",
        file ? " " : "", (long long)line, harmless(e->text, text, sizeof(text)));
}

static void print_facts(
    const struct explain_why_view *v, const struct paper *p, const struct classify_decision *d)
{
    const char *label = "Facts";
    for (int f = 1; f < FACT_COUNT; f++) {
        if (!(d->facts & FACT_BIT(f)))
            continue;
        paper_paragraph(p, label, "%s: %s", fact_name((enum fact)f), explain_fact((enum fact)f));
        print_fact(v, p, d, (enum fact)f);
        label = "";
    }
    if (!d->facts)
        paper_paragraph(p, label, "none: no line says why");
}

static const char *names(uint64_t facts, const char *link, char *buf, size_t cap)
{
    size_t used = 0;
    buf[0] = '\0';
    for (int f = 1; f < FACT_COUNT; f++) {
        if (!(facts & FACT_BIT(f)))
            continue;
        used += span_copy(buf + used, cap - used, used ? span_of(link) : SPAN(""));
        used += span_copy(buf + used, cap - used, span_of(fact_name((enum fact)f)));
    }
    return buf;
}

static void print_fired(const struct paper *p, const struct classify_decision *d)
{
    char all[512], any[512], none[512];
    struct cause_reason r;
    if (d->rule < 0 || !cause_why((size_t)d->rule, d->facts, d->attempt, &r)) {
        paper_paragraph(p, "Rule", "none fits");
        return;
    }
    names(r.all, " and ", all, sizeof(all));
    names(r.any, " or ", any, sizeof(any));
    names(r.none, " nor ", none, sizeof(none));
    paper_paragraph(p, "Rule", "%s %s%s%s%s%s%s; fired (rule %zu of %zu, for %s)", r.cause,
        r.all || r.any ? "needs " : "needs nothing: it is left when no other rule fits", all,
        r.all && r.any ? ", and " : "", any, r.none ? ", and not " : "", none, r.rule + 1, cause_why_count(),
        d->attempt ? "an attempt that failed" : "a loss");
}

/* A line each, however long: they are compared with each other. */
static void print_rejected(const struct paper *p, const char *label, const struct cause_reason *r)
{
    char lacking[FACTS_TEXT_MAX], any[FACTS_TEXT_MAX], against[FACTS_TEXT_MAX];
    bool lacks = r->lacking || r->lacking_any;
    if (r->fits) {
        paper_line(p, label, "%-*s fits too, but stands behind the rule that fired", SLUG_COLUMNS, r->cause);
        return;
    }
    facts_in_words(r->lacking, " and ", lacking);
    facts_in_words(r->lacking_any, " or ", any);
    facts_in_words(r->against, " and ", against);
    paper_line(p, label, "%-*s %s%s%s%s%s%s%s", SLUG_COLUMNS, r->cause, lacks ? "lacks " : "", lacking,
        r->lacking && r->lacking_any ? ", and " : "", any, lacks && r->against ? "; " : "",
        r->against ? "ruled out by " : "", against);
}

static int print_decision(
    const struct explain_why_view *v, const struct paper *p, const struct classify_decision *d)
{
    struct cause_reason *rejected = calloc(cause_why_count(), sizeof(*rejected));
    if (!rejected)
        return ERR_NOMEM;
    print_facts(v, p, d);
    print_fired(p, d);
    size_t n = explain_why_rejected(d, v->all, rejected);
    for (size_t i = 0; i < n; i++)
        print_rejected(p, i ? "" : "Rejected", &rejected[i]);
    free(rejected);
    return 0;
}

static void print_head(const struct explain_why_view *v, const struct paper *p, const struct row_tunnel *t)
{
    const struct row_device *d = explain_why_device(v->analysis, t->device_id);
    char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];
    paper_colour(p, PAPER_BOLD);
    fprintf(p->out, "%.*s  %.*s", d ? length(d->name) : 1, d ? start(d->name) : "?", length(t->name),
        start(t->name));
    paper_colour(p, PAPER_PLAIN);
    if (t->peer.family) {
        addr_text(&t->local, local);
        addr_text(&t->peer, peer);
        fprintf(p->out, "  %s -> %s", *local ? local : "?", peer);
    }
    fputc('\n', p->out);
}

static void print_symptom(const struct paper *p, const struct row_incident *n)
{
    char began[PAPER_TIME_MAX], ended[PAPER_TIME_MAX], lasting[PAPER_SPAN_MAX];
    if (n->ended == TIME_NONE)
        paper_paragraph(p, "Symptom", "%.*s, began %s, not over when the log ends", length(n->symptom),
            start(n->symptom), paper_date_time(p, n->began, began));
    else
        paper_paragraph(p, "Symptom", "%.*s, began %s, up again %s, %s later", length(n->symptom),
            start(n->symptom), paper_date_time(p, n->began, began), paper_time(p, n->ended, ended),
            paper_duration(n->ended - n->began, lasting));
}

static void print_verdict(const struct explain_why_view *v, const struct paper *p, const char *label,
    struct span slug, struct span confidence)
{
    const struct cause *cause = analysis_cause(v->analysis, slug);
    bool told = cause && cause->title_en && *cause->title_en;
    paper_paragraph(p, label, "%.*s%s%.*s%s%s%s", length(slug), start(slug), confidence.len ? " (" : "",
        length(confidence), start(confidence), confidence.len ? ")" : "", told ? ": " : "",
        told ? cause->title_en : "");
}

static void print_alternatives(const struct paper *p, struct span_list list)
{
    char text[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < list.count; i++) {
        used += span_copy(text + used, sizeof(text) - used, i ? SPAN(", ") : SPAN(""));
        used += span_copy(text + used, sizeof(text) - used, list.list[i]);
    }
    if (used)
        paper_paragraph(p, "", "the log cannot rule out: %s", text);
}

static int print_incident(const struct explain_why_view *v, const struct paper *p, const struct row_tunnel *t,
    const struct row_incident *n)
{
    const struct classify_decision *d = explain_why_find(v->why, n->incident_id, false);
    const struct classify_decision *b = explain_why_find(v->why, n->incident_id, true);
    int rc = 0;
    print_head(v, p, t);
    print_symptom(p, n);
    print_verdict(v, p, "Verdict", n->cause, n->confidence);
    print_alternatives(p, n->alternatives);
    if (d)
        rc = print_decision(v, p, d);
    if (rc == 0 && b) {
        print_verdict(v, p, "Blocked by", n->blocker, SPAN_NONE);
        rc = print_decision(v, p, b);
    }
    if (explain_why_unsure(n))
        paper_paragraph(p, "Enable",
            "what would decide is not in this log; on the device: `debug iked misc high` and `debug iked "
            "event high`, and wait for it to happen again");
    fputc('\n', p->out);
    return rc;
}

int explain_why_print_text(const struct explain_why_view *v, FILE *out)
{
    const struct paper p = {out, v->colour, WIDTH_COLUMNS, v->analysis->zone};
    size_t told = 0;
    int rc = 0;
    for (size_t i = 0; i < v->analysis->tunnels.count; i++) {
        const struct row_tunnel *t = v->analysis->tunnels.at[i];
        struct analysis_slice incidents = analysis_slice(&v->analysis->incidents, t->tunnel_id);
        for (size_t k = 0; rc == 0 && k < incidents.count && explain_why_wanted(v, t); k++, told++)
            rc = print_incident(v, &p, t, incidents.at[k]);
    }
    if (!told)
        fprintf(out, "No incident%s in %llu lines, %llu of them of charon and %llu of FTMD.\n",
            v->device || v->tunnel ? " of that tunnel" : "", (unsigned long long)v->analysis->counts.lines,
            (unsigned long long)v->analysis->counts.charon, (unsigned long long)v->analysis->counts.ftmd);
    return rc ? rc : fflush(out) != 0 || ferror(out) ? ERR_IO : 0;
}
