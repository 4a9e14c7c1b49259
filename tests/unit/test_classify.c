/* What a whole log comes to, by small logs written here; the corpus test judges the real ones. */
#include "classify/classify.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct classify *classify;
static struct match_scratch *scratch;
static struct rows rows;
static int64_t offset;

static void setup(void)
{
    struct classify_options options = classify_defaults(corpus_catalogue());
    options.max_devices = 4;
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

TestSuite(classify, .init = setup, .fini = teardown);

static enum dead_reason feed_record(struct span value, struct span key)
{
    struct record r = {.value = value, .key = key, .time_ms = 1795478400000, .offset = offset++};
    return classify_feed(classify, scratch, &r);
}

/* At second `at` of one hour: "05[IKE] text", or "FTMD …". */
static void say(int at, const char *text)
{
    char line[512];
    bool ftmd = text[0] == '%';
    snprintf(line, sizeof(line), "Nov 23 18:%02d:%02d vedge01 %s: %s", at / 60, at % 60,
        ftmd ? "FTMD[1]" : "charon", text);
    cr_assert_eq(feed_record(span_of(line), SPAN_NONE), RECORD_READ, "%s", line);
}

static void collect(void)
{
    rows_reset(&rows);
    classify_collect(classify, &rows);
}

static void bring_up(int at)
{
    say(at, "05[IKE] initiating IKE_SA ipsec2_1[1] to 10.10.10.1");
    say(at, "05[ENC] generating IKE_SA_INIT request 0 [ SA KE No ]");
    say(at, "05[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (464 bytes)");
    say(at, "06[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (472 bytes)");
    say(at, "06[ENC] parsed IKE_SA_INIT response 0 [ SA KE No ]");
    say(at, "06[ENC] generating IKE_AUTH request 1 [ IDi AUTH SA TSi TSr ]");
    say(at, "06[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (236 bytes)");
    say(at, "07[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (204 bytes)");
    say(at, "07[ENC] parsed IKE_AUTH response 1 [ IDr AUTH SA TSi TSr ]");
    say(at, "07[IKE] IKE_SA ipsec2_1[1] established between 10.0.0.2[10.0.0.2]...10.10.10.1[10.10.10.1]");
    say(at, "07[IKE] CHILD_SA child_ipsec2_1{1} established with SPIs c0000001_i c0000002_o and TS 0.0.0.0/0 "
            "=== 0.0.0.0/0");
}

static void probe(int at, int mid, bool answered)
{
    char text[128];
    say(at, "08[IKE] sending DPD request");
    snprintf(text, sizeof(text), "08[ENC] generating INFORMATIONAL request %d [ ]", mid);
    say(at, text);
    say(at, "08[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (76 bytes)");
    if (!answered)
        return;
    say(at, "09[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (76 bytes)");
    snprintf(text, sizeof(text), "09[ENC] parsed INFORMATIONAL response %d [ ]", mid);
    say(at, text);
}

Test(classify, a_healthy_tunnel_is_up_and_silent)
{
    bring_up(0);
    probe(10, 2, true);
    collect();
    cr_assert_eq(rows.incident_count, 0);
    cr_assert_eq(rows.transition_count, 1);
    cr_assert_eq(rows.tunnel_count, 1);
    cr_assert(span_eq(rows.tunnel[0].name, SPAN("ipsec2")));
    cr_assert(span_eq(rows.tunnel[0].state, SPAN("up")));
    cr_assert_eq(rows.tunnel[0].vpn_id, 1);
    cr_assert_eq(rows.exchange_count, 3);
    cr_assert(span_eq(rows.exchange[2].outcome, SPAN("answered")));
    cr_assert_eq(rows.exchange[2].ike_sa, 1);
    cr_assert_eq(rows.exchange[2].request_bytes, 76);
}

static void lose_peer(void)
{
    bring_up(0);
    probe(10, 2, true);
    probe(20, 3, false);
    say(24, "10[IKE] retransmit 1 of request with message ID 3");
    say(24, "10[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (76 bytes)");
    say(31, "11[IKE] retransmit 2 of request with message ID 3");
    say(31, "11[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (76 bytes)");
    say(44, "12[IKE] giving up after 2 retransmits");
}

Test(classify, an_unanswered_probe_is_path_loss_with_honest_onset)
{
    lose_peer();
    collect();
    cr_assert_eq(rows.incident_count, 1);
    const struct row_incident *i = &rows.incident[0];
    cr_assert(span_eq(i->cause, SPAN("path-loss")));
    cr_assert(span_eq(i->symptom, SPAN("down")));
    cr_assert(span_eq(i->confidence, SPAN("certain")));
    cr_assert_eq(i->onset_latest - i->onset_earliest, 10000);
    cr_assert_eq(i->began - i->onset_latest, 24000);
    cr_assert_geq(rows.evidence_count, 5);
    cr_assert(span_eq(rows.evidence[0].role, SPAN("last-proof")));
}

Test(classify, the_first_retransmission_predicts_the_end_once_the_schedule_is_known)
{
    bring_up(0);
    probe(20, 2, false);
    say(50, "10[IKE] retransmit 1 of request with message ID 2 (tries=3, timeout=30, exchange=37, state=2)");
    collect();
    cr_assert_eq(rows.tunnel[0].predicted_down - rows.tunnel[0].last_proof, 20000 + 356160,
        "T=30 s, n=3: 356.16 s strongSwan retransmission, 1.8^k");
    say(60, "11[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (76 bytes)");
    say(60, "11[ENC] parsed INFORMATIONAL response 2 [ ]");
    collect();
    cr_assert_eq(rows.tunnel[0].predicted_down, TIME_NONE);
}

Test(classify, up_again_within_the_window_is_a_flap)
{
    lose_peer();
    bring_up(120);
    collect();
    cr_assert_eq(rows.incident_count, 1);
    cr_assert(span_eq(rows.incident[0].symptom, SPAN("flap")));
    cr_assert_eq(rows.outage_count, 1);
    cr_assert_eq(rows.outage[0].up_at - rows.outage[0].down_at, 76000);
}

Test(classify, up_again_after_the_window_stays_a_down)
{
    lose_peer();
    bring_up(44 + 15 * 60 + 1);
    collect();
    cr_assert(span_eq(rows.incident[0].symptom, SPAN("down")));
    cr_assert_neq(rows.incident[0].ended, TIME_NONE);
}

Test(classify, an_answer_after_a_retransmission_is_a_near_miss_and_no_incident)
{
    bring_up(0);
    probe(20, 2, false);
    say(24, "10[IKE] retransmit 1 of request with message ID 2");
    say(24, "10[NET] sending packet: from 10.0.0.2[500] to 10.10.10.1[500] (76 bytes)");
    say(25, "11[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (76 bytes)");
    say(25, "11[ENC] parsed INFORMATIONAL response 2 [ ]");
    collect();
    cr_assert_eq(rows.incident_count, 0);
    cr_assert_eq(rows.tunnel[0].near_misses, 1);
    cr_assert(rows.exchange[2].near_miss);
    cr_assert_eq(rows.exchange[2].retransmits, 1);
}

Test(classify, ftmd_says_down_and_charon_why_in_either_order)
{
    bring_up(0);
    say(1, "%Viptela-vedge01-FTMD-6-INFO-1000001: VPN 1 Interface ipsec2 UP");
    say(30, "%Viptela-vedge01-FTMD-6-INFO-1000001: VPN 1 Interface ipsec2 DOWN");
    collect();
    cr_assert(span_eq(rows.incident[0].cause, SPAN("no-evidence")));
    cr_assert(span_eq(rows.incident[0].confidence, SPAN("possible")));
    say(31, "05[NET] received packet: from 10.10.10.1[500] to 10.0.0.2[500] (76 bytes)");
    say(31, "05[ENC] parsed INFORMATIONAL request 0 [ D ]");
    say(31, "05[IKE] received DELETE for IKE_SA ipsec2_1[1]");
    collect();
    cr_assert(span_eq(rows.incident[0].cause, SPAN("peer-delete")));
    cr_assert(span_eq(rows.incident[0].defect, SPAN("CSCvx86427")));
    cr_assert(span_eq(rows.incident[0].defect_confidence, SPAN("possible")));
    cr_assert_neq(rows.incident[0].declared, TIME_NONE);
}

Test(classify, silence_about_a_deleted_tunnel_while_the_device_talks_makes_the_defect_likely)
{
    bring_up(0);
    say(31, "05[IKE] received DELETE for IKE_SA ipsec2_1[1]");
    say(31, "05[IKE] deleting IKE_SA ipsec2_1[1] between 10.0.0.2[a]...10.10.10.1[b]");
    say(31, "05[IKE] IKE_SA deleted");
    say(31 + 601, "06[KNL] interface eth3 activated");
    collect();
    cr_assert(span_eq(rows.incident[0].defect_confidence, SPAN("likely")));
    say(31 + 700, "06[CFG] vici initiate CHILD_SA 'child_ipsec2_1'");
    collect();
    cr_assert_null(rows.incident[0].defect.ptr);
}

Test(classify, other_interfaces_of_ftmd_are_none_of_our_business)
{
    say(0, "%Viptela-vedge01-FTMD-6-INFO-1000001: VPN 0 Interface ge0/0 DOWN");
    collect();
    cr_assert_eq(rows.tunnel_count, 0);
}

Test(classify, unread_lines_are_counted_by_their_masked_text)
{
    say(0, "05[IKE] a message of tomorrow from 10.1.2.3 about 'x'");
    say(1, "05[IKE] a message of tomorrow from 10.9.9.9 about 'y'");
    collect();
    cr_assert_eq(rows.unknown_template_count, 1);
    cr_assert(span_eq(rows.unknown_template[0].template, SPAN("a message of tomorrow from # about '#'")));
    cr_assert_eq(rows.unknown_template[0].count, 2);
    cr_assert_eq(classify_counts(classify).unrecognised_charon, 2);
}

Test(classify, bad_input_is_an_answer)
{
    char huge[70000];
    memset(huge, 'x', sizeof(huge));
    cr_assert_eq(feed_record(SPAN_NONE, SPAN_NONE), DEAD_EMPTY);
    cr_assert_eq(feed_record(span_from(huge, sizeof(huge)), SPAN_NONE), DEAD_TOO_LONG);
    cr_assert_eq(feed_record(SPAN("\0\0\0\0"), SPAN_NONE), DEAD_EMPTY);
    cr_assert_eq(
        feed_record(SPAN("Feb 31 00:00:00 v charon: 05[IKE] IKE_SA deleted"), SPAN_NONE), DEAD_BAD_STAMP);
    cr_assert_eq(
        feed_record(SPAN("Nov 23 18:00:00 v charon: 05[IKE] \xff\xfe NUL:\0."), SPAN_NONE), RECORD_READ);
    cr_assert_eq(classify_counts(classify).malformed, 4);
    cr_assert_eq(classify_counts(classify).lines, 5);
}

Test(classify, more_devices_than_allowed_are_dead_letters_not_memory)
{
    char line[128];
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof(line), "Nov 23 18:00:00 forged%d charon: 05[IKE] IKE_SA deleted", i);
        cr_assert_eq(feed_record(span_of(line), SPAN_NONE), RECORD_READ);
    }
    cr_assert_eq(
        feed_record(SPAN("Nov 23 18:00:00 onemore charon: 05[IKE] IKE_SA deleted"), SPAN_NONE), DEAD_NO_ROOM);
}

Test(classify, the_key_names_the_device_and_the_lines_host_is_its_alias)
{
    cr_assert_eq(
        feed_record(SPAN("Nov 23 18:00:00 Avedge01 charon: 05[IKE] IKE_SA deleted"), SPAN("vedge01")),
        RECORD_READ);
    collect();
    cr_assert(span_eq(rows.device[0].name, SPAN("vedge01")));
    cr_assert_eq(rows.device[0].aliases.count, 1);
    cr_assert(span_eq(rows.device[0].aliases.list[0], SPAN("Avedge01")));
}

Test(classify, a_stamp_of_the_future_is_marked_and_moves_no_watermark)
{
    cr_assert_eq(feed_record(SPAN("2031-01-01T00:00:00Z vedge01 charon: 05[IKE] IKE_SA deleted"), SPAN_NONE),
        RECORD_READ);
    collect();
    cr_assert(span_eq(rows.device[0].time_quality, SPAN("future")));
    cr_assert_eq(classify_watermark(classify), TIME_NONE);
}

Test(classify, a_damaged_state_is_refused_and_leaves_the_classify_as_new)
{
    char *blob;
    size_t len;
    lose_peer();
    collect();
    cr_assert_eq(classify_save(classify, &blob, &len), 0);
    struct classify_options options = classify_defaults(corpus_catalogue());
    struct classify *fresh = classify_new(&options);
    for (size_t i = 0; i < len; i += 7) {
        blob[i] ^= 0x40;
        cr_assert_eq(classify_load(fresh, blob, len), ERR_STALE, "bit flipped at %zu", i);
        blob[i] ^= 0x40;
    }
    cr_assert_eq(classify_load(fresh, blob, len / 2), ERR_STALE);
    cr_assert_eq(classify_load(fresh, blob, 3), ERR_STALE);
    cr_assert_eq(classify_load(fresh, blob, len), 0);
    classify_free(fresh);
    free(blob);
}
