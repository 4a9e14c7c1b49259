#include "ingest/analysis_timeline.h"
#include "ingest/analysis_advice.h"
#include "ingest/analysis_config.h"

#include <jansson.h>
#include <stdlib.h>

/* Worst first: what is broken now, what was broken, what is healthy. */
enum { ROLE_COLUMNS = 16, NAMES_SHOWN = 10 };
enum rank { RANK_OPEN, RANK_PAST, RANK_HEALTHY, RANKS };

static int length(struct span s)
{
    return (int)s.len;
}

static const char *start(struct span s)
{
    return s.ptr ? s.ptr : "";
}

/* The incident to speak of first: the open one, else the latest; NULL: none. */
static const struct row_incident *incident_to_tell(struct analysis_slice incidents)
{
    for (size_t i = incidents.count; i-- > 0;)
        if (((const struct row_incident *)incidents.at[i])->ended == TIME_NONE)
            return incidents.at[i];
    return incidents.count ? incidents.at[incidents.count - 1] : NULL;
}

static enum rank rank_of(const struct analysis *a, const struct row_tunnel *t)
{
    const struct row_incident *n = incident_to_tell(analysis_slice(&a->incidents, t->tunnel_id));
    return !n ? RANK_HEALTHY : n->ended == TIME_NONE ? RANK_OPEN : RANK_PAST;
}

static const char *state_word(const struct row_tunnel *t, bool failed, enum paper_colour *colour)
{
    *colour = failed ? PAPER_YELLOW : PAPER_GREEN;
    if (span_eq(t->state, SPAN("up")))
        return failed ? "UP AGAIN" : "UP";
    *colour = PAPER_RED;
    if (span_eq(t->state, SPAN("down")))
        return "DOWN";
    if (span_eq(t->state, SPAN("never-up")))
        return "NEVER UP";
    *colour = PAPER_YELLOW;
    return "UNKNOWN";
}

/* "UP         ipsec2  vpn 1  10.132.3.92 -> 10.10.10.1" */
static void print_tunnel_head(const struct paper *p, const struct row_tunnel *t, bool failed)
{
    char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];
    enum paper_colour colour;
    const char *word = state_word(t, failed, &colour);

    paper_colour(p, colour);
    fprintf(p->out, "%-*s", PAPER_LABEL_COLUMNS - 2, word);
    paper_colour(p, PAPER_PLAIN);
    paper_colour(p, failed ? PAPER_BOLD : PAPER_PLAIN);
    fprintf(p->out, "  %.*s", length(t->name), start(t->name));
    paper_colour(p, PAPER_PLAIN);
    if (t->vpn_id != INT_NONE)
        fprintf(p->out, "  vpn %d", t->vpn_id);
    if (t->peer.family) {
        addr_text(&t->local, local);
        addr_text(&t->peer, peer);
        fprintf(p->out, "  %s -> %s", *local ? local : "?", peer);
    }
}

static void print_since(const struct analysis *a, const struct paper *p, const struct row_tunnel *t)
{
    char when[PAPER_TIME_MAX], lasting[PAPER_SPAN_MAX];
    if (t->since == TIME_NONE)
        return;
    fprintf(p->out, "  since %s", paper_time(p, t->since, when));
    if (a->ends_ms != TIME_NONE && a->ends_ms >= t->since)
        fprintf(p->out, " (%s until the log ends)", paper_duration(a->ends_ms - t->since, lasting));
}

static const char *title_of(const struct cause *cause)
{
    return cause && cause->title_en && *cause->title_en ? cause->title_en : NULL;
}

static void print_cause(const struct analysis *a, const struct paper *p, const struct row_incident *n)
{
    const struct cause *cause = analysis_cause(a, n->cause);
    char also[256] = "";
    size_t used = 0;

    if (cause && cause->verdict_en && *cause->verdict_en)
        paper_paragraph(p, "Verdict", "%s", cause->verdict_en);
    for (size_t i = 0; i < n->alternatives.count; i++) {
        used +=
            span_copy(also + used, sizeof(also) - used, i ? SPAN(", ") : SPAN("; the log cannot rule out: "));
        used += span_copy(also + used, sizeof(also) - used, n->alternatives.list[i]);
    }
    const char *title = title_of(cause);
    paper_paragraph(p, "Cause", "%.*s%s%s (%.*s; side: %.*s%s)", length(n->cause), start(n->cause),
        title ? ": " : "", title ? title : "", length(n->confidence), start(n->confidence), length(n->side),
        start(n->side), also);
    title = title_of(analysis_cause(a, n->blocker));
    if (n->blocker.ptr)
        paper_paragraph(p, "Blocked by", "%.*s%s%s", length(n->blocker), start(n->blocker), title ? ": " : "",
            title ? title : "");
    if (n->defect.ptr)
        paper_paragraph(p, "Defect", "the pattern of %.*s fits (%.*s)", length(n->defect), start(n->defect),
            length(n->defect_confidence), n->defect_confidence.ptr ? n->defect_confidence.ptr : "possible");
}

static void print_onset(const struct paper *p, const struct row_incident *n)
{
    char a[PAPER_TIME_MAX], b[PAPER_TIME_MAX], lasting[PAPER_SPAN_MAX], text[512];
    size_t used = 0;
    int m;

#define TELL(...)                                                                                            \
    do {                                                                                                     \
        m = snprintf(text + used, sizeof(text) - used, __VA_ARGS__);                                         \
        used += m > 0 && (size_t)m < sizeof(text) - used ? (size_t)m : 0;                                    \
    } while (0)
    if (n->onset_earliest != TIME_NONE)
        TELL("last proof of life %s; ", paper_time(p, n->onset_earliest, a));
    if (n->onset_latest != TIME_NONE)
        TELL("first unanswered request %s; ", paper_time(p, n->onset_latest, b));
    if (n->declared != TIME_NONE)
        TELL("declared down %s; ", paper_time(p, n->declared, a));
    else
        TELL("began %s; ", paper_time(p, n->began, a));
    if (n->ended != TIME_NONE)
        TELL("up again %s, %s later", paper_time(p, n->ended, b),
            paper_duration(n->ended - n->began, lasting));
    else if (n->predicted_down != TIME_NONE && n->declared == TIME_NONE)
        TELL("will be declared down at %s if nothing answers", paper_time(p, n->predicted_down, b));
    else
        TELL("not over when the log ends");
#undef TELL
    paper_paragraph(p, "When", "%s", text);
}

static void join_words(json_t *array, char *buf, size_t cap)
{
    size_t used = 0, i;
    json_t *word;
    buf[0] = '\0';
    json_array_foreach(array, i, word)
    {
        used += span_copy(buf + used, cap - used, i ? SPAN(" ") : SPAN(""));
        used += span_copy(buf + used, cap - used, span_of(json_string_value(word)));
    }
    if (!used)
        span_copy(buf, cap, SPAN("nothing"));
}

static void print_difference(const struct paper *p, struct span diff)
{
    char here[512], there[512];
    json_t *o = diff.ptr ? json_loadb(diff.ptr, diff.len, 0, NULL) : NULL;
    if (!o)
        return;
    join_words(json_object_get(o, "only_configured"), here, sizeof(here));
    join_words(json_object_get(o, "only_received"), there, sizeof(there));
    paper_paragraph(p, "Difference", "only configured here: %s; only offered by the peer: %s", here, there);
    const char *fix = json_string_value(json_object_get(o, "fix"));
    if (fix)
        paper_paragraph(p, "", "%s", fix);
    json_decref(o);
}

static void print_config_line(void *ctx, const struct inventory_quote *q, const char *exchange)
{
    paper_line(ctx, "Configured", "line %-5u %s%s%s  (shapes %s)", q->line, q->section,
        *q->section ? " " : "", q->text, exchange);
}

static void print_evidence(const struct analysis *a, const struct paper *p, const struct row_incident *n)
{
    struct analysis_slice slice = analysis_slice(&a->evidence, n->incident_id);
    for (size_t i = 0; i < slice.count; i++) {
        const struct row_evidence *e = slice.at[i];
        int64_t line;
        const char *file = analysis_file_of(a, e->source_offset + 1, &line);
        paper_line(p, i ? "" : "Proof", "%s%sline %-5lld %-*.*s %.*s", file ? file : "", file ? " " : "",
            (long long)line, ROLE_COLUMNS, length(e->role), start(e->role), length(e->text), start(e->text));
    }
}

static void print_earlier(
    const struct paper *p, struct analysis_slice incidents, const struct row_incident *told)
{
    char began[PAPER_TIME_MAX], lasting[PAPER_SPAN_MAX];
    const char *label = "Also";
    for (size_t i = 0; i < incidents.count; i++) {
        const struct row_incident *n = incidents.at[i];
        if (n == told)
            continue;
        paper_line(p, label, "%s  %.*s, %s: %.*s (%.*s)", paper_time(p, n->began, began), length(n->symptom),
            start(n->symptom),
            n->ended == TIME_NONE ? "not over" : paper_duration(n->ended - n->began, lasting),
            length(n->cause), start(n->cause), length(n->confidence), start(n->confidence));
        label = "";
    }
}

/* A text, or the steps of a list one below the other. */
static void print_steps(
    const struct paper *p, const struct row_tunnel *t, const char *label, const char *text)
{
    char *filled = analysis_advice_fill(t, text);
    bool list = filled && strchr(filled, '\n');
    int number = 1;
    for (char *step = filled, *end; step; step = end, number++) {
        end = strchr(step, '\n');
        if (end)
            *end++ = '\0';
        if (list)
            paper_paragraph(p, number == 1 ? label : "", "%d. %s", number, step);
        else
            paper_paragraph(p, label, "%s", step);
    }
    free(filled);
}

static void print_advice(
    const struct analysis *a, const struct paper *p, const struct row_tunnel *t, const struct row_incident *n)
{
    const struct cause *cause = analysis_cause(a, n->cause);
    if (!cause)
        return;
    print_steps(p, t, "Why", cause->explain_en);
    print_steps(p, t, "Check", cause->verify_en);
    print_steps(p, t, "Repair", cause->mend_en);
    if (analysis_advice_asks_for_more(a, n, cause))
        print_steps(p, t, "Log more", cause->enable_en);
}

static int print_troubled(const struct analysis *a, const struct paper *p, const struct row_tunnel *t)
{
    struct analysis_slice incidents = analysis_slice(&a->incidents, t->tunnel_id);
    const struct row_incident *n = incident_to_tell(incidents);
    int rc;

    fputc('\n', p->out);
    print_tunnel_head(p, t, true);
    print_since(a, p, t);
    fputs("\n", p->out);
    print_cause(a, p, n);
    print_onset(p, n);
    print_difference(p, n->proposal_diff);
    analysis_config_lines(a, t, n->cause, print_config_line, (void *)(uintptr_t)p);
    print_advice(a, p, t, n);
    print_evidence(a, p, n);
    rc = analysis_print_timeline(a, p, t, a->with_exchanges);
    print_earlier(p, incidents, n);
    return rc;
}

static int print_healthy(const struct analysis *a, const struct paper *p, const struct row_tunnel *t)
{
    struct analysis_exchange_counts n = analysis_count_exchanges(analysis_slice(&a->exchanges, t->tunnel_id));
    print_tunnel_head(p, t, false);
    print_since(a, p, t);
    fprintf(p->out, "  %llu exchange%s", (unsigned long long)n.total, n.total == 1 ? "" : "s");
    if (n.retransmitted)
        fprintf(p->out, ", %llu sent again", (unsigned long long)n.retransmitted);
    fputc('\n', p->out);
    return a->with_exchanges ? analysis_print_timeline(a, p, t, true) : 0;
}

static void print_device_head(const struct analysis *a, const struct paper *p, const struct row_device *d)
{
    char from[PAPER_TIME_MAX], to[PAPER_TIME_MAX];
    paper_colour(p, PAPER_BOLD);
    fprintf(p->out, "%.*s", length(d->name), start(d->name));
    paper_colour(p, PAPER_PLAIN);
    if (d->system_ip.ptr)
        fprintf(p->out, "  system-ip %.*s", length(d->system_ip), d->system_ip.ptr);
    fprintf(
        p->out, "  %s to %s", paper_date_time(p, d->first_seen, from), paper_date_time(p, d->last_seen, to));
    int32_t offset_s = zone_offset_at(a->zone, d->last_seen);
    if (offset_s)
        fprintf(p->out, " UTC%c%02d:%02d", offset_s < 0 ? '-' : '+', abs(offset_s) / 3600,
            abs(offset_s) / 60 % 60);
    else
        fputs(" UTC", p->out);
    for (size_t i = 0; i < d->aliases.count; i++)
        fprintf(p->out, "%s%.*s", i ? ", " : "  also called ", length(d->aliases.list[i]),
            d->aliases.list[i].ptr);
    fputc('\n', p->out);
}

static void print_sum(const struct paper *p, const struct analysis *a, struct analysis_slice tunnels)
{
    size_t of_rank[RANKS] = {0};
    for (size_t i = 0; i < tunnels.count; i++)
        of_rank[rank_of(a, tunnels.at[i])]++;
    fprintf(p->out, "%zu tunnel%s: ", tunnels.count, tunnels.count == 1 ? "" : "s");
    paper_colour(p, of_rank[RANK_OPEN] ? PAPER_RED : PAPER_GREEN);
    fprintf(p->out, "%zu failing now", of_rank[RANK_OPEN]);
    paper_colour(p, PAPER_PLAIN);
    fprintf(p->out, ", %zu failed and recovered, %zu without trouble\n", of_rank[RANK_PAST],
        of_rank[RANK_HEALTHY]);
}

static int print_device(const struct analysis *a, const struct paper *p, const struct row_device *d)
{
    struct analysis_slice tunnels = analysis_slice(&a->tunnels, d->device_id);
    int rc = 0;

    if (!tunnels.count)
        return 0;
    print_device_head(a, p, d);
    print_sum(p, a, tunnels);
    for (enum rank rank = RANK_OPEN; rank < RANKS; rank++) {
        bool first = true;
        for (size_t i = 0; rc == 0 && i < tunnels.count; i++) {
            if (rank_of(a, tunnels.at[i]) != rank)
                continue;
            if (rank == RANK_HEALTHY && first)
                fputc('\n', p->out);
            first = false;
            rc = (rank == RANK_HEALTHY ? print_healthy : print_troubled)(a, p, tunnels.at[i]);
        }
    }
    fputc('\n', p->out);
    return rc;
}

/* A device whose lines tell of no tunnel: a mangled name, a host that only relays. */
static void print_devices_without_tunnel(const struct analysis *a, const struct paper *p)
{
    size_t n = 0;
    for (size_t i = 0; i < a->devices.count; i++) {
        const struct row_device *d = a->devices.at[i];
        if (analysis_slice(&a->tunnels, d->device_id).count)
            continue;
        if (n < NAMES_SHOWN)
            fprintf(p->out, "%s%.*s", n ? ", " : "Lines without a tunnel came also from ", length(d->name),
                start(d->name));
        n++;
    }
    if (n > NAMES_SHOWN)
        fprintf(p->out, " and %zu more", n - NAMES_SHOWN);
    fputs(n ? ".\n" : "", p->out);
}

static void print_foot(const struct analysis *a, const struct paper *p)
{
    const struct classify_counts *n = &a->counts;
    if (n->charon + n->ftmd == 0)
        fputs("No line of charon or FTMD was found. Is this the device's /var/log/messages? On the device:\n"
              "  debug iked misc high\n  debug iked event high\n",
            p->out);
    print_devices_without_tunnel(a, p);
    paper_colour(p, PAPER_DIM);
    fprintf(p->out, "%llu lines read: %llu of charon, %llu of FTMD, %llu of others, %llu malformed.",
        (unsigned long long)n->lines, (unsigned long long)n->charon, (unsigned long long)n->ftmd,
        (unsigned long long)n->other, (unsigned long long)n->malformed);
    if (n->unrecognised_charon)
        fprintf(p->out, " %llu lines of charon have a text that is not in the catalogue.",
            (unsigned long long)n->unrecognised_charon);
    paper_colour(p, PAPER_PLAIN);
    fputc('\n', p->out);
}

int analysis_print_text(const struct analysis *a, const struct analysis_style *style, FILE *out)
{
    const struct paper p = {out, style->colour, style->width, a->zone};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->devices.count; i++)
        rc = print_device(a, &p, a->devices.at[i]);
    if (rc == 0)
        print_foot(a, &p);
    if (rc == 0 && (fflush(out) != 0 || ferror(out)))
        rc = ERR_IO;
    return rc;
}
