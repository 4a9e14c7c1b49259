#include "ingest/analysis.h"
#include "ingest/analysis_advice.h"
#include "ingest/analysis_config.h"
#include "ingest/json_value.h"

#include <stdlib.h>

/* Exchange records are many: they are written one at a time, everything else a tunnel at a time. */
enum { RECORD_FLAGS = JSON_COMPACT };

static json_t *json_of_int(int32_t n)
{
    return n == INT_NONE ? json_null() : json_integer(n);
}

static json_t *json_of_long(int64_t n)
{
    return n == LONG_NONE ? json_null() : json_integer(n);
}

static json_t *json_of_addr(const struct addr *a)
{
    char text[ADDR_TEXT_MAX];
    return addr_text(a, text) ? json_string(text) : json_null();
}

static json_t *json_of_list(struct span_list list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, json_of_span(list.list[i]));
    return array;
}

static json_t *json_of_json(struct span text)
{
    json_t *parsed = text.ptr ? json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL) : NULL;
    return parsed ? parsed : json_null();
}

static json_t *json_of_evidence(const struct analysis *a, const struct row_incident *n)
{
    json_t *array = json_array();
    struct analysis_slice slice = analysis_slice(&a->evidence, n->incident_id);
    for (size_t i = 0; i < slice.count; i++) {
        const struct row_evidence *e = slice.at[i];
        int64_t in_file;
        const char *file = analysis_file_of(a, e->source_offset + 1, &in_file);
        json_t *line = json_pack("{s:o s:I s:o s:o}", "time", json_of_time(e->at), "line",
            (json_int_t)(e->source_offset + 1), "text", json_of_span(e->text), "role", json_of_span(e->role));
        if (file) {
            json_object_set_new(line, "file", json_string(file));
            json_object_set_new(line, "file_line", json_integer(in_file));
        }
        json_array_append_new(array, line);
    }
    return array;
}

/* {"en": …, "ja": …} */
static json_t *json_of_texts(const char *en, const char *ja)
{
    return json_pack("{s:s? s:s?}", "en", en, "ja", ja);
}

static json_t *json_of_advice(
    const struct analysis *a, const struct row_incident *n, const struct cause *cause)
{
    char *en = analysis_advice_all(a, n, cause, false), *ja = analysis_advice_all(a, n, cause, true);
    json_t *texts = json_of_texts(en, ja);
    free(en);
    free(ja);
    return texts;
}

static void add_config_line(void *array, const struct inventory_quote *q, const char *exchange)
{
    json_array_append_new(array, json_pack("{s:I s:s s:s s:s}", "line", (json_int_t)q->line, "section",
                                     q->section, "text", q->text, "exchange", exchange));
}

static json_t *json_of_configuration(const struct analysis *a, const struct row_incident *n)
{
    json_t *array = json_array();
    const struct row_tunnel *t = analysis_tunnel(a, n->tunnel_id);
    if (t)
        analysis_config_lines(a, t, n->cause, add_config_line, array);
    return array;
}

static json_t *json_of_incident(const struct analysis *a, const struct row_incident *n)
{
    const struct cause *cause = analysis_cause(a, n->cause);
    json_t *o = json_object();
    json_object_set_new(o, "symptom", json_of_span(n->symptom));
    json_object_set_new(o, "cause", json_of_span(n->cause));
    json_object_set_new(o, "blocker", json_of_span(n->blocker));
    json_object_set_new(o, "side", json_of_span(n->side));
    json_object_set_new(o, "confidence", json_of_span(n->confidence));
    json_object_set_new(o, "alternatives", json_of_list(n->alternatives));
    json_object_set_new(o, "defect", json_of_span(n->defect));
    json_object_set_new(o, "defect_confidence", json_of_span(n->defect_confidence));
    json_object_set_new(o, "began", json_of_time(n->began));
    json_object_set_new(o, "onset_earliest", json_of_time(n->onset_earliest));
    json_object_set_new(o, "onset_latest", json_of_time(n->onset_latest));
    json_object_set_new(o, "declared", json_of_time(n->declared));
    json_object_set_new(o, "ended", json_of_time(n->ended));
    json_object_set_new(o, "predicted_down", json_of_time(n->predicted_down));
    json_object_set_new(o, "proposal_diff", json_of_json(n->proposal_diff));
    json_object_set_new(o, "configuration", json_of_configuration(a, n));
    json_object_set_new(o, "history", json_of_json(n->history));
    json_object_set_new(o, "evidence", json_of_evidence(a, n));
    json_object_set_new(
        o, "verdict", json_of_texts(cause ? cause->verdict_en : NULL, cause ? cause->verdict_ja : NULL));
    json_object_set_new(o, "advice", json_of_advice(a, n, cause));
    return o;
}

static json_t *json_of_incidents(const struct analysis *a, uint64_t tunnel_id)
{
    json_t *array = json_array();
    struct analysis_slice slice = analysis_slice(&a->incidents, tunnel_id);
    for (size_t i = 0; i < slice.count; i++)
        json_array_append_new(array, json_of_incident(a, slice.at[i]));
    return array;
}

static json_t *json_of_transitions(const struct analysis *a, uint64_t tunnel_id)
{
    json_t *array = json_array();
    struct analysis_slice slice = analysis_slice(&a->transitions, tunnel_id);
    for (size_t i = 0; i < slice.count; i++) {
        const struct row_transition *t = slice.at[i];
        json_array_append_new(array, json_pack("{s:o s:o s:o}", "time", json_of_time(t->at), "state",
                                         json_of_span(t->state), "source", json_of_span(t->source)));
    }
    return array;
}

static json_t *json_of_tunnel(const struct analysis *a, const struct row_tunnel *t)
{
    struct analysis_exchange_counts n = analysis_count_exchanges(analysis_slice(&a->exchanges, t->tunnel_id));
    json_t *o = json_object();
    json_object_set_new(o, "tunnel", json_of_span(t->name));
    json_object_set_new(o, "vpn_id", json_of_int(t->vpn_id));
    json_object_set_new(o, "conn", json_of_span(t->conn));
    json_object_set_new(o, "local", json_of_addr(&t->local));
    json_object_set_new(o, "peer", json_of_addr(&t->peer));
    json_object_set_new(o, "state", t->state.ptr ? json_of_span(t->state) : json_string("unknown"));
    json_object_set_new(o, "since", json_of_time(t->since));
    json_object_set_new(o, "last_proof", json_of_time(t->last_proof));
    json_object_set_new(o, "transitions", json_of_transitions(a, t->tunnel_id));
    json_object_set_new(o, "incidents", json_of_incidents(a, t->tunnel_id));
    json_object_set_new(o, "exchanges",
        json_pack("{s:I s:I s:I s:I}", "total", (json_int_t)n.total, "answered", (json_int_t)n.answered,
            "retransmitted", (json_int_t)n.retransmitted, "unanswered", (json_int_t)n.unanswered));
    return o;
}

static json_t *json_of_exchange(const struct row_exchange *x)
{
    char sa[ANALYSIS_SA_MAX];
    bool known = analysis_sa_text(x->daemon_run, x->ike_sa, sa);
    json_t *o = json_object();
    json_object_set_new(o, "ike_sa", known ? json_string(sa) : json_null());
    json_object_set_new(o, "direction", json_of_span(x->direction));
    json_object_set_new(o, "exchange", json_of_span(x->exchange));
    json_object_set_new(o, "message_id", json_of_long(x->message_id));
    json_object_set_new(o, "requested", json_of_time(x->requested));
    json_object_set_new(o, "answered", json_of_time(x->answered));
    json_object_set_new(o, "retransmits", json_of_int(x->retransmits));
    json_object_set_new(o, "request", json_of_list(x->request));
    json_object_set_new(o, "response", json_of_list(x->response));
    json_object_set_new(o, "request_bytes", json_of_int(x->request_bytes));
    json_object_set_new(o, "response_bytes", json_of_int(x->response_bytes));
    json_object_set_new(o, "outcome", json_of_span(x->outcome));
    return o;
}

/* Writes and frees one value. */
static int put(json_t *value, size_t flags, FILE *out)
{
    int rc = !value ? ERR_NOMEM : json_dumpf(value, out, flags | JSON_ENCODE_ANY) == 0 ? 0 : ERR_IO;
    json_decref(value);
    return rc;
}

/* `"exchange_records": […]` of one device's rows in the slice. */
static int put_records(struct analysis_slice slice, uint64_t device_id, FILE *out)
{
    int rc = 0;
    const char *between = "\n";
    fputs(",\"exchange_records\":[", out);
    for (size_t i = 0; rc == 0 && i < slice.count; i++) {
        const struct row_exchange *x = slice.at[i];
        if (x->device_id != device_id)
            continue;
        fputs(between, out);
        between = ",\n";
        rc = put(json_of_exchange(x), RECORD_FLAGS, out);
    }
    fputs("]", out);
    return rc;
}

/* An object left open, so that records can be written into it. */
static int put_open(json_t *value, FILE *out)
{
    char *text = value ? json_dumps(value, RECORD_FLAGS) : NULL;
    json_decref(value);
    if (!text)
        return ERR_NOMEM;
    fwrite(text, 1, strlen(text) - 1, out);
    free(text);
    return 0;
}

static int put_tunnel(const struct analysis *a, const struct row_tunnel *t, FILE *out)
{
    int rc = put_open(json_of_tunnel(a, t), out);
    if (rc == 0 && a->with_exchanges)
        rc = put_records(analysis_slice(&a->exchanges, t->tunnel_id), t->device_id, out);
    fputs("}", out);
    return rc;
}

static int put_device(const struct analysis *a, const struct row_device *d, FILE *out)
{
    struct analysis_slice tunnels = analysis_slice(&a->tunnels, d->device_id);
    json_t *o = json_pack("{s:o s:o s:o s:o s:o}", "device", json_of_span(d->name), "system_ip",
        json_of_span(d->system_ip), "aliases", json_of_list(d->aliases), "first_seen",
        json_of_time(d->first_seen), "last_seen", json_of_time(d->last_seen));
    int rc = put_open(o, out);
    if (rc == 0 && a->with_exchanges) /* of no tunnel: an unknown address that tried, a job without a name */
        rc = put_records(analysis_slice(&a->exchanges, 0), d->device_id, out);
    fputs(",\"tunnels\":[", out);
    for (size_t i = 0; rc == 0 && i < tunnels.count; i++) {
        fputs(i ? ",\n" : "\n", out);
        rc = put_tunnel(a, tunnels.at[i], out);
    }
    fputs("]}", out);
    return rc;
}

int analysis_print_json(const struct analysis *a, FILE *out)
{
    const struct classify_counts *n = &a->counts;
    fputs("{\"format\":\"ikewatch-analysis/1\",\n\"lines\":", out);
    int rc = put(
        json_pack("{s:I s:I s:I s:I s:I s:I}", "read", (json_int_t)n->lines, "charon", (json_int_t)n->charon,
            "ftmd", (json_int_t)n->ftmd, "other", (json_int_t)n->other, "unrecognised_charon",
            (json_int_t)n->unrecognised_charon, "malformed", (json_int_t)n->malformed),
        RECORD_FLAGS, out);
    fputs(",\n\"devices\":[", out);
    for (size_t i = 0; rc == 0 && i < a->devices.count; i++) {
        fputs(i ? ",\n" : "\n", out);
        rc = put_device(a, a->devices.at[i], out);
    }
    fputs("]}\n", out);
    if (rc == 0 && (fflush(out) != 0 || ferror(out)))
        rc = ERR_IO;
    return rc;
}
