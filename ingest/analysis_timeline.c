#include "ingest/analysis_timeline.h"

#include <stdlib.h>

enum { SHOWN_FIRST = 10, SHOWN_LAST = 30 };

struct moment {
    int64_t at;
    const struct row_transition *transition; /* one of the two */
    const struct row_exchange *exchange;
};

static size_t put_list(char *buf, size_t cap, struct span_list list)
{
    size_t n = span_copy(buf, cap, SPAN("["));
    for (size_t i = 0; i < list.count; i++) {
        n += span_copy(buf + n, cap - n, SPAN(" "));
        n += span_copy(buf + n, cap - n, list.list[i]);
    }
    return n + span_copy(buf + n, cap - n, SPAN(" ]"));
}

static size_t put_answer(const struct row_exchange *x, char *buf, size_t cap)
{
    bool ours = span_eq(x->direction, SPAN("out"));
    size_t n;
    if (span_eq(x->outcome, SPAN("unanswered")))
        return span_copy(buf, cap, ours ? SPAN(", never answered") : SPAN(", we never answered"));
    if (span_eq(x->outcome, SPAN("pending")))
        return span_copy(buf, cap, SPAN(", no answer yet"));
    if (span_eq(x->outcome, SPAN("abandoned")))
        return span_copy(buf, cap, SPAN(", abandoned"));
    n = span_copy(buf, cap, span_eq(x->outcome, SPAN("refused")) ? SPAN(", refused") : SPAN(", answered"));
    if (x->response.count) {
        n += span_copy(buf + n, cap - n, SPAN(" "));
        n += put_list(buf + n, cap - n, x->response);
    }
    return n;
}

size_t analysis_exchange_words(const struct row_exchange *x, char *buf, size_t cap)
{
    bool ours = span_eq(x->direction, SPAN("out"));
    size_t n = span_copy(buf, cap, ours ? SPAN("we sent ") : SPAN("peer sent "));
    n += span_copy(buf + n, cap - n, x->exchange);
    if (x->message_id != LONG_NONE) {
        int m = snprintf(buf + n, cap - n, " request %lld ", (long long)x->message_id);
        n += m > 0 && (size_t)m < cap - n ? (size_t)m : 0;
    }
    n += put_list(buf + n, cap - n, x->request);
    if (x->retransmits != INT_NONE && x->retransmits > 0) {
        int m =
            snprintf(buf + n, cap - n, ", again %d time%s", x->retransmits, x->retransmits == 1 ? "" : "s");
        n += m > 0 && (size_t)m < cap - n ? (size_t)m : 0;
    }
    return n + put_answer(x, buf + n, cap - n);
}

static bool went_wrong(const struct row_exchange *x)
{
    return (x->retransmits != INT_NONE && x->retransmits > 0) || span_eq(x->outcome, SPAN("refused")) ||
           span_eq(x->outcome, SPAN("unanswered"));
}

static int by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (y->exchange != NULL) - (x->exchange != NULL); /* an exchange comes before what it led to */
}

/* The same again: a retry that failed the same way tells nothing new. */
static bool repeats(const struct moment *a, const struct moment *b)
{
    const struct row_exchange *x = a->exchange, *y = b->exchange;
    if (!x || !y || !span_eq(x->direction, y->direction) || !span_eq(x->exchange, y->exchange) ||
        !span_eq(x->outcome, y->outcome) || x->response.count != y->response.count)
        return false;
    for (size_t i = 0; i < x->response.count; i++)
        if (!span_eq(x->response.list[i], y->response.list[i]))
            return false;
    return (x->retransmits > 0) == (y->retransmits > 0);
}

static void print_moment(
    const struct paper *p, const char *label, const struct moment *m, const struct moment *last)
{
    char when[PAPER_TIME_MAX], until[PAPER_TIME_MAX], words[512], again[64] = "";
    if (m->transition) {
        bool up = span_eq(m->transition->state, SPAN("up"));
        snprintf(words, sizeof(words), "%s (%.*s)", up ? "UP" : "DOWN", (int)m->transition->source.len,
            m->transition->source.ptr ? m->transition->source.ptr : "");
    } else {
        analysis_exchange_words(m->exchange, words, sizeof(words));
    }
    if (last > m)
        snprintf(again, sizeof(again), "; %zu more like it until %s", (size_t)(last - m),
            paper_time(p, last->at, until));
    paper_line(p, label, "%s  %s%s", paper_time(p, m->at, when), words, again);
}

/* Each moment, or the first of a run of the same. @param lines  how many there are, 0: only count. @return
 * how many */
static size_t print_moments(
    const struct paper *p, const struct moment *moments, size_t n, bool all, size_t lines)
{
    size_t line = 0;
    for (size_t i = 0; i < n; line++) {
        size_t last = i;
        while (!all && last + 1 < n && repeats(&moments[i], &moments[last + 1]))
            last++;
        bool hidden =
            !all && lines > SHOWN_FIRST + SHOWN_LAST && line >= SHOWN_FIRST && line < lines - SHOWN_LAST;
        if (lines && !hidden)
            print_moment(p, i ? "" : "Timeline", &moments[i], &moments[last]);
        else if (lines && line == SHOWN_FIRST)
            paper_line(p, "", "… %zu more; --exchanges shows all …", lines - SHOWN_FIRST - SHOWN_LAST);
        i = last + 1;
    }
    return line;
}

int analysis_print_timeline(
    const struct analysis *a, const struct paper *p, const struct row_tunnel *t, bool all)
{
    struct analysis_slice moves = analysis_slice(&a->transitions, t->tunnel_id);
    struct analysis_slice exchanges = analysis_slice(&a->exchanges, t->tunnel_id);
    struct moment *moments = calloc(moves.count + exchanges.count + 1, sizeof(*moments));
    size_t n = 0;

    if (!moments)
        return ERR_NOMEM;
    for (size_t i = 0; i < moves.count; i++) {
        const struct row_transition *move = moves.at[i];
        moments[n++] = (struct moment){move->at, move, NULL};
    }
    for (size_t i = 0; i < exchanges.count; i++) {
        const struct row_exchange *x = exchanges.at[i];
        if (all || went_wrong(x))
            moments[n++] = (struct moment){x->requested, NULL, x};
    }
    qsort(moments, n, sizeof(*moments), by_time);
    print_moments(p, moments, n, all, print_moments(p, moments, n, all, 0));
    free(moments);
    return 0;
}
