#include "ingest/analysis.h"

#include "classify/inventory.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

/* A device with a tunnel that is down and one that is up, filled by hand. 2026-11-23T18:14:41Z */
enum { DEVICE = 7, DOWN = 20, UP = 10, MERGED = 30, INCIDENT = 99 };
#define T0 INT64_C(1795457681000)

static struct analysis a;

static struct row_tunnel *add_tunnel(uint64_t id, const char *name, const char *state)
{
    struct row_tunnel *t = rows_add_tunnel(&a.rows);
    t->device_id = DEVICE;
    t->tunnel_id = id;
    t->name = span_of(name);
    t->state = span_of(state);
    t->since = T0;
    t->vpn_id = 1;
    addr_read(SPAN("10.132.3.92"), &t->local);
    addr_read(SPAN("10.10.10.1"), &t->peer);
    return t;
}

static void add_transition(uint64_t tunnel, uint64_t id, int64_t at, const char *state)
{
    struct row_transition *t = rows_add_transition(&a.rows);
    t->device_id = DEVICE;
    t->tunnel_id = tunnel;
    t->transition_id = id;
    t->at = at;
    t->state = span_of(state);
    t->source = SPAN("ftmd");
}

static struct row_incident *add_incident(const char *cause, int32_t evidence)
{
    struct row_incident *n = rows_add_incident(&a.rows);
    n->device_id = DEVICE;
    n->incident_id = INCIDENT;
    n->tunnel_id = DOWN;
    n->symptom = SPAN("down");
    n->cause = span_of(cause);
    n->side = SPAN("both");
    n->confidence = SPAN("certain");
    n->began = T0 + 110000;
    n->declared = n->began;
    n->onset_earliest = T0;
    n->proposal_diff = SPAN("{\"received\":[],\"configured\":[],\"only_configured\":[\"MODP_2048\"],"
                            "\"only_received\":[],\"fix\":\"set group-14\"}");
    n->evidence_count = evidence;
    return n;
}

static void add_evidence(int32_t ordinal, int64_t offset, const char *text)
{
    struct row_evidence *e = rows_add_evidence(&a.rows);
    e->device_id = DEVICE;
    e->incident_id = INCIDENT;
    e->ordinal = ordinal;
    e->at = T0;
    e->role = SPAN("refusal");
    e->text = span_of(text);
    e->source_offset = offset;
}

static struct row_exchange *add_exchange(uint64_t tunnel, uint64_t id, const char *outcome)
{
    struct row_exchange *x = rows_add_exchange(&a.rows);
    x->device_id = DEVICE;
    x->exchange_id = id;
    x->tunnel_id = tunnel;
    x->requested = T0 + (int64_t)id;
    x->ike_sa = 3;
    x->direction = SPAN("out");
    x->exchange = SPAN("INFORMATIONAL");
    x->message_id = 543;
    x->retransmits = 3;
    x->outcome = span_of(outcome);
    return x;
}

static void set_up(void)
{
    cr_assert_eq(rows_init(&a.rows), 0);
    struct row_device *d = rows_add_device(&a.rows);
    d->device_id = DEVICE;
    d->name = SPAN("vedge01");
    d->first_seen = T0;
    d->last_seen = T0 + 230000;
    a.ends_ms = T0 + 230000;
    add_tunnel(DOWN, "ipsec10", "up"); /* a first version, overtaken below */
    add_tunnel(UP, "ipsec2", "up");
    add_transition(DOWN, 1, T0, "up");
    add_transition(MERGED, 2, T0 + 110000, "down");
    add_incident("path-loss", 3);
    add_evidence(1, 4, "old");
    add_evidence(2, 5, "old");
    add_evidence(3, 6, "old");
    add_tunnel(DOWN, "ipsec10", "down");
    add_tunnel(MERGED, "unknown:10.10.10.1", "down")->merged_into = DOWN;
    add_incident("pfs-mismatch", 2);
    add_evidence(1, 11, "no acceptable proposal found");
    add_evidence(2, 12, "received DELETE for ESP CHILD_SA");
    add_exchange(DOWN, 500, "pending");
    add_exchange(DOWN, 500, "unanswered");
    add_exchange(MERGED, 400, "answered")->answered = T0 + 401;
    add_exchange(0, 300, "refused");
    cr_assert_eq(analysis_settle(&a), 0);
}

static void tear_down(void)
{
    analysis_free(&a);
}

TestSuite(analysis, .init = set_up, .fini = tear_down);

static json_t *printed_json(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    cr_assert_eq(analysis_print_json(&a, f), 0);
    fclose(f);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    cr_assert_not_null(root, "%s in %s", error.text, text);
    free(text);
    return root;
}

static char *printed_text(bool colour)
{
    const struct analysis_style style = {colour, 100};
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    cr_assert_eq(analysis_print_text(&a, &style, f), 0);
    fclose(f);
    return text;
}

/* a.b[0].c */
static const json_t *at(const json_t *value, const char *path)
{
    char key[32];
    while (*path) {
        size_t n = strcspn(path, ".[");
        span_copy(key, sizeof(key), span_from(path, n));
        value = n ? json_object_get(value, key) : value;
        path += n;
        for (; *path == '['; path += strcspn(path, "]") + 1)
            value = json_array_get(value, strtoul(path + 1, NULL, 10));
        path += *path == '.';
    }
    return value;
}

#define TEXT_AT(root, path) json_string_value(at(root, path))

Test(analysis, the_latest_version_of_a_row_counts)
{
    json_t *root = printed_json();
    cr_expect_str_eq(TEXT_AT(root, "devices[0].tunnels[1].state"), "down");
    cr_expect_str_eq(TEXT_AT(root, "devices[0].tunnels[1].incidents[0].cause"), "pfs-mismatch");
    cr_expect_eq(json_array_size(at(root, "devices[0].tunnels[1].incidents")), 1);
    json_decref(root);
}

Test(analysis, evidence_is_replaced_as_a_set)
{
    json_t *root = printed_json();
    const json_t *evidence = at(root, "devices[0].tunnels[1].incidents[0].evidence");
    cr_expect_eq(json_array_size(evidence), 2);
    cr_expect_eq(json_integer_value(at(evidence, "[0].line")), 12);
    cr_expect_str_eq(TEXT_AT(evidence, "[0].text"), "no acceptable proposal found");
    cr_expect_str_eq(TEXT_AT(evidence, "[0].time"), "2026-11-23T18:14:41Z");
    json_decref(root);
}

Test(analysis, a_merged_tunnel_is_the_one_it_was_merged_into)
{
    json_t *root = printed_json();
    cr_expect_eq(json_array_size(at(root, "devices[0].tunnels")), 2);
    cr_expect_eq(json_array_size(at(root, "devices[0].tunnels[1].transitions")), 2);
    cr_expect_eq(json_integer_value(at(root, "devices[0].tunnels[1].exchanges.total")), 2);
    cr_expect_eq(json_integer_value(at(root, "devices[0].tunnels[1].exchanges.answered")), 1);
    cr_expect_eq(json_integer_value(at(root, "devices[0].tunnels[1].exchanges.unanswered")), 1);
    cr_expect_eq(analysis_tunnel(&a, MERGED), analysis_tunnel(&a, DOWN));
    json_decref(root);
}

Test(analysis, tunnels_are_in_order_of_their_number)
{
    json_t *root = printed_json();
    cr_expect_str_eq(TEXT_AT(root, "devices[0].tunnels[0].tunnel"), "ipsec2");
    cr_expect_str_eq(TEXT_AT(root, "devices[0].tunnels[1].tunnel"), "ipsec10");
    json_decref(root);
}

Test(analysis, what_is_not_known_is_null)
{
    json_t *root = printed_json();
    cr_expect(json_is_null(at(root, "devices[0].system_ip")));
    cr_expect(json_is_null(at(root, "devices[0].tunnels[1].incidents[0].ended")));
    cr_expect(json_is_null(at(root, "devices[0].tunnels[1].incidents[0].blocker")));
    cr_expect(json_is_null(at(root, "devices[0].tunnels[1].incidents[0].onset_latest")));
    json_decref(root);
}

Test(analysis, exchange_records_are_given_when_asked_for)
{
    json_t *root = printed_json();
    cr_expect_null(at(root, "devices[0].tunnels[1].exchange_records"));
    json_decref(root);
    a.with_exchanges = true;
    root = printed_json();
    const json_t *records = at(root, "devices[0].tunnels[1].exchange_records");
    cr_expect_eq(json_array_size(records), 2);
    cr_expect_str_eq(TEXT_AT(records, "[1].ike_sa"), "3");
    cr_expect_str_eq(TEXT_AT(records, "[1].outcome"), "unanswered");
    cr_expect_eq(json_integer_value(at(records, "[1].message_id")), 543);
    cr_expect_eq(json_array_size(at(root, "devices[0].exchange_records")), 1, "of no tunnel");
    json_decref(root);
}

Test(analysis, the_proposal_difference_is_an_object)
{
    json_t *root = printed_json();
    cr_expect_str_eq(
        TEXT_AT(root, "devices[0].tunnels[1].incidents[0].proposal_diff.only_configured[0]"), "MODP_2048");
    json_decref(root);
}

Test(analysis, the_text_tells_the_worst_first_with_its_proof)
{
    char *text = printed_text(false);
    const char *down = strstr(text, "DOWN"), *up = strstr(text, "UP        ");
    cr_assert(down && up, "%s", text);
    cr_expect_lt(down, up);
    cr_expect_not_null(strstr(text, "2 tunnels: 1 failing now"));
    cr_expect_not_null(strstr(text, "since Nov 23 18:14:41 (3 min 50 s until the log ends)"));
    cr_expect_not_null(strstr(text, "pfs-mismatch"));
    cr_expect_not_null(strstr(text, "only configured here: MODP_2048; only offered by the peer: nothing"));
    cr_expect_not_null(strstr(text, "line 12    refusal          no acceptable proposal found\n"));
    cr_expect_not_null(strstr(text, "we sent INFORMATIONAL request 543 [ ], again 3 times, never answered"));
    cr_expect_null(strchr(text, '\033'));
    free(text);
}

Test(analysis, colour_is_used_when_asked_for)
{
    char *text = printed_text(true);
    cr_expect_not_null(strstr(text, "\033[1;31mDOWN"));
    free(text);
}

Test(analysis, people_read_times_in_their_zone)
{
    static const struct zone_span span = {INT64_MIN, 9 * 3600};
    static const struct zone tokyo = {1, &span};
    a.zone = &tokyo;
    char *text = printed_text(false);
    cr_expect_not_null(strstr(text, "2026-11-24 03:14:41 to 2026-11-24 03:18:31 UTC+09:00"), "%s", text);
    free(text);
}

Test(analysis, a_line_number_leads_to_its_file)
{
    struct analysis_file files[] = {{"messages.1", 1}, {"messages", 1001}};
    int64_t in_file;
    a.files = files;
    a.file_count = 2;
    cr_expect_str_eq(analysis_file_of(&a, 1000, &in_file), "messages.1");
    cr_expect_eq(in_file, 1000);
    cr_expect_str_eq(analysis_file_of(&a, 1001, &in_file), "messages");
    cr_expect_eq(in_file, 1);
}

Test(analysis, the_configuration_that_shapes_the_failed_exchange_is_quoted)
{
    struct inventory *inv;
    char error[200] = "";
    const char *cli = "interface ipsec10\n ike\n  group 2\n !\n ipsec\n  rekey 3600\n  "
                      "perfect-forward-secrecy group-16\n !\n";
    cr_assert_eq(inventory_read(span_of(cli), &inv, error, sizeof(error)), 0, "%s", error);
    a.inventory = inv;
    char *text = printed_text(false);
    cr_expect_not_null(
        strstr(text, "line 7     ipsec perfect-forward-secrecy group-16  (shapes CREATE_CHILD_SA)"), "%s",
        text);
    cr_expect_null(strstr(text, "group 2"), "of another exchange");
    free(text);
    a.inventory = NULL;
    inventory_free(inv);
}
