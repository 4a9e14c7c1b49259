#include "classify/line.h"

#include <criterion/criterion.h>

static struct line read_ok(const char *text)
{
    struct envelope e = {.line = span_of(text)};
    struct line l;
    cr_assert_eq(line_read(&e, &l), RECORD_READ, "%s", text);
    return l;
}

static enum dead_reason read_bad(const char *text)
{
    struct envelope e = {.line = span_of(text)};
    struct line l;
    return line_read(&e, &l);
}

Test(line, every_header_gives_the_same_message)
{
    const char *forms[] = {"Nov 23 18:14:29 vedge01 charon: 05[IKE] IKE_SA deleted",
        "<30>Nov 23 18:14:29 vedge01 charon: 05[IKE] IKE_SA deleted",
        "daemon.info: Nov 23 18:14:29 vedge01 charon: 05[IKE] IKE_SA deleted",
        "Nov 23 18:14:29 vedge01 charon[812]: 05[IKE1] <ipsec2_1|5> IKE_SA deleted",
        "Nov 23 18:14:29 vedge01 ipsec[812]: 05[IKE] IKE_SA deleted",
        "<30>1 2026-11-23T18:14:29.258Z vedge01 charon-systemd 812 - - 05[IKE] IKE_SA deleted",
        "<30>1 2026-11-23T18:14:29Z vedge01 charon 812 ID47 [meta sequenceId=\"7\" x=\"a\\]b\"] 05[IKE] "
        "IKE_SA deleted",
        "2026-11-23T18:14:29+00:00 vedge01 charon: 05[IKE] IKE_SA deleted",
        "Nov 23 18:14:29 vedge01 charon: message repeated 2 times: [ 05[IKE] IKE_SA deleted]"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct line l = read_ok(forms[i]);
        cr_assert_eq(l.program, LINE_CHARON, "%s", forms[i]);
        cr_assert(span_eq(l.host, SPAN("vedge01")), "%s", forms[i]);
        cr_assert(span_eq(l.text, SPAN("IKE_SA deleted")), "%s: %.*s", forms[i], (int)l.text.len, l.text.ptr);
        cr_assert_eq(l.thread, 5, "%s", forms[i]);
        cr_assert_str_eq(l.group, "IKE");
    }
}

Test(line, the_prefix_binds_connection_and_uid)
{
    struct line l = read_ok("Nov 23 18:14:29 v charon: 12[NET] <hq|12> sending packet");
    cr_assert_eq(l.uid, 12);
    cr_assert(span_eq(l.conn, SPAN("hq")));
    l = read_ok("Nov 23 18:14:29 v charon: 12[NET] <7> sending packet");
    cr_assert_eq(l.uid, 7);
    cr_assert_null(l.conn.ptr);
}

Test(line, viptela_tags_are_read_from_the_right)
{
    struct line l = read_ok("Jun 18 00:31:17 v FTMD[1472]: %Viptela-edge-lon-01-FTMD-6-INFO-1000001: VPN 1 "
                            "Interface ipsec2 DOWN");
    cr_assert_eq(l.program, LINE_VIPTELA);
    cr_assert(span_eq(l.tag_host, SPAN("edge-lon-01")));
    cr_assert(span_eq(l.daemon, SPAN("FTMD")));
    cr_assert(span_eq(l.text, SPAN("VPN 1 Interface ipsec2 DOWN")));
}

Test(line, other_programs_are_read_and_left_alone)
{
    cr_assert_eq(read_ok("Nov 23 18:14:29 vedge01 sshd[1]: Accepted publickey").program, LINE_OTHER);
    cr_assert_eq(read_ok("Nov 23 18:14:29 vedge01 ipsec: starting strongSwan").program, LINE_OTHER);
}

Test(line, a_body_takes_its_header_from_the_envelope)
{
    struct envelope e = {.line = SPAN("05[IKE] IKE_SA deleted"),
        .host = SPAN("edge"),
        .program = SPAN("charon"),
        .stamp = SPAN("2026-11-23T18:14:29Z")};
    struct line l;
    cr_assert_eq(line_read(&e, &l), RECORD_READ);
    cr_assert_eq(l.program, LINE_CHARON);
    cr_assert_eq(l.stamp.year, 2026);
}

Test(line, what_is_no_syslog_says_so)
{
    cr_assert_eq(read_bad("hello world, this is not a log"), DEAD_NOT_SYSLOG);
    cr_assert_eq(read_bad("\x01\x02\x03\xff\xfe binary"), DEAD_NOT_SYSLOG);
    cr_assert_eq(read_bad("Nov 23 18:14:29"), DEAD_NOT_SYSLOG);
    cr_assert_eq(read_bad("Feb 30 18:14:29 vedge01 charon: 05[IKE] x"), DEAD_BAD_STAMP);
    cr_assert_eq(read_bad("<30>1 2026-02-30T18:14:29Z vedge01 charon - - - 05[IKE] x"), DEAD_BAD_STAMP);
}
