#include "ingest/explain_fact.h"
#include "ingest/explain_why.h"
#include "ingest/json_value.h"

#include <stdlib.h>

static json_t *json_of_names(uint64_t facts)
{
    json_t *array = json_array();
    for (int f = 1; f < FACT_COUNT; f++)
        if (facts & FACT_BIT(f))
            json_array_append_new(array, json_string(fact_name((enum fact)f)));
    return array;
}

static json_t *json_of_line(const struct analysis *a, const struct row_evidence *e)
{
    int64_t in_file;
    if (!e)
        return json_null();
    const char *file = analysis_file_of(a, e->source_offset + 1, &in_file);
    json_t *o = json_pack("{s:o s:I s:o}", "time", json_of_time(e->at), "line",
        (json_int_t)(e->source_offset + 1), "text", json_of_span(e->text));
    if (file) {
        json_object_set_new(o, "file", json_string(file));
        json_object_set_new(o, "file_line", json_integer(in_file));
    }
    return o;
}

static json_t *json_of_facts(const struct analysis *a, const struct classify_decision *d)
{
    json_t *array = json_array();
    for (int f = 1; f < FACT_COUNT; f++)
        if (d->facts & FACT_BIT(f))
            json_array_append_new(array, json_pack("{s:s s:s s:o}", "name", fact_name((enum fact)f),
                                             "meaning", explain_fact((enum fact)f), "evidence",
                                             json_of_line(a, explain_why_line(a, d, (enum fact)f))));
    return array;
}

static json_t *json_of_reason(const struct cause_reason *r)
{
    return json_pack("{s:I s:s s:o s:o s:o s:b s:o s:o s:o}", "rule", (json_int_t)r->rule + 1, "cause",
        r->cause, "all", json_of_names(r->all), "any", json_of_names(r->any), "none", json_of_names(r->none),
        "fits", r->fits, "lacking", json_of_names(r->lacking), "lacking_any", json_of_names(r->lacking_any),
        "against", json_of_names(r->against));
}

static json_t *json_of_decision(const struct explain_why_view *v, const struct classify_decision *d)
{
    struct cause_reason fired, *rejected = d ? calloc(cause_why_count(), sizeof(*rejected)) : NULL;
    if (!d)
        return json_null();
    if (!rejected)
        return NULL;
    json_t *list = json_array();
    size_t n = explain_why_rejected(d, v->all, rejected);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_of_reason(&rejected[i]));
    free(rejected);
    bool any = d->rule >= 0 && cause_why((size_t)d->rule, d->facts, d->attempt, &fired);
    return json_pack("{s:s s:o s:o s:o}", "of", d->attempt ? "attempt" : "loss", "facts",
        json_of_facts(v->analysis, d), "fired", any ? json_of_reason(&fired) : json_null(), "rejected", list);
}

static json_t *json_of_enable(const struct row_incident *n)
{
    return explain_why_unsure(n) ? json_pack("[s s]", "debug iked misc high", "debug iked event high")
                                 : json_array();
}

static json_t *json_of_incident(
    const struct explain_why_view *v, const struct row_tunnel *t, const struct row_incident *n)
{
    const struct row_device *d = explain_why_device(v->analysis, t->device_id);
    json_t *also = json_array();
    for (size_t i = 0; i < n->alternatives.count; i++)
        json_array_append_new(also, json_of_span(n->alternatives.list[i]));
    return json_pack("{s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o s:o}", "device",
        d ? json_of_span(d->name) : json_null(), "tunnel", json_of_span(t->name), "symptom",
        json_of_span(n->symptom), "began", json_of_time(n->began), "ended", json_of_time(n->ended), "cause",
        json_of_span(n->cause), "confidence", json_of_span(n->confidence), "alternatives", also, "blocker",
        json_of_span(n->blocker), "why", json_of_decision(v, explain_why_find(v->why, n->incident_id, false)),
        "why_blocked", json_of_decision(v, explain_why_find(v->why, n->incident_id, true)), "enable",
        json_of_enable(n));
}

int explain_why_print_json(const struct explain_why_view *v, FILE *out)
{
    const char *separator = "";
    int rc = 0;
    fputs("{\"format\":\"ikewatch-why/1\",\"incidents\":[", out);
    for (size_t i = 0; i < v->analysis->tunnels.count; i++) {
        const struct row_tunnel *t = v->analysis->tunnels.at[i];
        struct analysis_slice incidents = analysis_slice(&v->analysis->incidents, t->tunnel_id);
        for (size_t k = 0; rc == 0 && k < incidents.count && explain_why_wanted(v, t); k++) {
            json_t *o = json_of_incident(v, t, incidents.at[k]);
            fprintf(out, "%s\n", separator);
            separator = ",";
            rc = o && json_dumpf(o, out, JSON_COMPACT) == 0 ? 0 : ERR_NOMEM;
            json_decref(o);
        }
    }
    fputs("\n]}\n", out);
    return rc ? rc : fflush(out) != 0 || ferror(out) ? ERR_IO : 0;
}
