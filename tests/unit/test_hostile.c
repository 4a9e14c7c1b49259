/* Forged lines cannot grow memory, nor take the room of healthy tunnels: every bound is counted when it is
 * reached. */
#include "classify/state.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { FORGED = 60000 };

static struct classify *classify;
static struct match_scratch *scratch;
static struct rows rows;
static int64_t offset;

static void setup(void)
{
    struct classify_options options = classify_defaults(corpus_catalogue());
    options.max_devices = 50;
    classify = classify_new(&options);
    scratch = match_scratch_new(corpus_catalogue());
    rows_init(&rows);
}

static void teardown(void)
{
    rows_free(&rows);
    match_scratch_free(scratch);
    classify_free(classify);
}

TestSuite(hostile, .init = setup, .fini = teardown, .timeout = 120);

static void say(int at, const char *host, const char *text)
{
    char line[600];
    snprintf(line, sizeof(line), "Nov 23 %02d:%02d:%02d %s charon: %s", 10 + at / 3600, at / 60 % 60, at % 60,
        host, text);
    struct record r = {.value = span_of(line), .time_ms = 1795478400000, .offset = offset++};
    classify_feed(classify, scratch, &r);
    if (offset % 5000 == 0) {
        rows_reset(&rows);
        classify_collect(classify, &rows);
    }
}

static void healthy_probe(int at, int mid, bool answered)
{
    char text[128];
    snprintf(text, sizeof(text), "08[ENC] generating INFORMATIONAL request %d [ ]", mid);
    say(at, "good", "08[IKE] sending DPD request");
    say(at, "good", text);
    say(at, "good", "08[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (76 bytes)");
    if (!answered)
        return;
    snprintf(text, sizeof(text), "09[ENC] parsed INFORMATIONAL response %d [ ]", mid);
    say(at, "good", "09[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (76 bytes)");
    say(at, "good", text);
}

static void healthy_tunnel(void)
{
    say(0, "good", "07[IKE] IKE_SA ipsec2_1[1] established between 10.0.0.2[a]...10.10.10.1[b]");
    say(0, "good",
        "07[IKE] CHILD_SA child_ipsec2_1{1} established with SPIs c0000001_i c0000002_o and TS 0.0.0.0/0 === "
        "0.0.0.0/0");
    healthy_probe(1, 2, true);
}

/* The healthy tunnel is still watched: its loss is told, with its cause. */
static void loss_is_seen(void)
{
    healthy_probe(3000, 3, false);
    say(3004, "good", "10[IKE] retransmit 1 of request with message ID 3");
    say(3004, "good", "10[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (76 bytes)");
    say(3020, "good", "12[IKE] giving up after 1 retransmits");
    rows_reset(&rows);
    classify_collect(classify, &rows);
    bool seen = false;
    for (size_t i = 0; i < rows.incident_count; i++)
        seen |= span_eq(rows.incident[i].cause, SPAN("path-loss")) &&
                span_eq(rows.incident[i].symptom, SPAN("down"));
    cr_assert(seen);
}

Test(hostile, forged_peers_stay_within_a_devices_bounds)
{
    healthy_tunnel();
    for (int i = 0; i < FORGED; i++) {
        char text[200];
        snprintf(text, sizeof(text),
            "05[NET] received packet: from 192.%d.%d.%d[500] to 10.0.0.2[500] (464 bytes)", i >> 16 & 255,
            i >> 8 & 255, i & 255);
        say(2 + i / 40, "evil", text);
        say(2 + i / 40, "evil", "05[ENC] parsed IKE_SA_INIT request 0 [ SA KE No ]");
    }
    cr_assert_leq(pool_count(&classify->sas), SAS_PER_DEVICE + 8);
    cr_assert_gt(classify_counts(classify).shed, 0);
    loss_is_seen();
}

Test(hostile, forged_names_uids_and_payloads_stay_within_bounds)
{
    healthy_tunnel();
    for (int i = 0; i < FORGED; i++) {
        char text[300];
        snprintf(text, sizeof(text), "05[IKE] initiating IKE_SA forged%d_1[%d] to 10.9.9.9", i, i);
        say(2 + i / 40, "evil", text);
        snprintf(text, sizeof(text), "05[ENC] generating IKE_SA_INIT request 0 [ SA UNKN(%d) ]", i);
        say(2 + i / 40, "evil", text);
    }
    cr_assert_leq(pool_count(&classify->tunnels), TUNNELS_PER_DEVICE_MAX + 8);
    cr_assert_leq(pool_count(&classify->payloads), PAYLOAD_LISTS_MAX + 1024);
    loss_is_seen();
}

Test(hostile, forged_devices_are_refused_and_counted)
{
    healthy_tunnel();
    for (int i = 0; i < FORGED; i++) {
        char host[32];
        snprintf(host, sizeof(host), "forged%d", i);
        say(2, host, "05[IKE] IKE_SA deleted");
    }
    cr_assert_leq(pool_count(&classify->devices), 50);
    cr_assert_gt(classify_counts(classify).malformed, FORGED - 60);
    loss_is_seen();
}

Test(hostile, unread_texts_are_counted_within_bounds)
{
    healthy_tunnel();
    for (int i = 0; i < FORGED; i++) {
        char text[64] = "05[IKE] ";
        for (int k = 0; k < 12; k++)
            text[8 + k] = (char)('a' + (i >> k & 15));
        say(2, "evil", text);
    }
    cr_assert_leq(pool_count(&classify->unknowns), 1024);
    loss_is_seen();
}

/* Stamps that go to and fro: lines are held, but no more than the bounds, and the oldest are read. */
Test(hostile, lines_of_stamps_that_go_to_and_fro_are_held_within_bounds)
{
    char host[32] = "evil0";
    healthy_tunnel();
    for (int i = 0; i < HELD_PER_DEVICE * 4; i++)
        say(3 - i % 2, host, "05[IKE] sending DPD request");
    const struct device *d =
        device_at(classify, index_get(&classify->device_index, span_hash(span_of(host), 0)));
    cr_assert_eq(d->held_count, HELD_PER_DEVICE);
    for (int i = 0; i < 48 * HELD_PER_DEVICE * 2; i++) {
        snprintf(host, sizeof(host), "evil%d", i % 48);
        say(3 - i / 48 % 2, host, "05[IKE] sending DPD request");
    }
    cr_assert_leq(pool_count(&classify->held), HELD_MAX);
    cr_assert_geq(pool_count(&classify->held), HELD_MAX - HELD_PER_DEVICE);
    loss_is_seen();
}

/* The pool of exchanges is flat, though each of these requests could still be answered when it comes. */
Test(hostile, requests_whose_answers_are_never_told_of_take_no_memory)
{
    enum { REQUESTS = 1000000, ROUND = 10000 };
    healthy_tunnel();
    for (int i = 0; i < REQUESTS; i++) {
        char text[100];
        snprintf(text, sizeof(text), "05[ENC] <ipsec2_1|1> parsed INFORMATIONAL request %d [ ]", i);
        say(2 + i / 400, "good", text);
        if (i == ROUND)
            cr_assert_leq(pool_count(&classify->exchanges), 5000 + 8, "one collect in 5000 records");
    }
    rows_reset(&rows);
    classify_collect(classify, &rows);
    cr_assert_leq(pool_count(&classify->exchanges), 8);
    loss_is_seen();
}
