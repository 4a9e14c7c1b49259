#include "classify/inventory.h"

#include "classify/base/err.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct inventory *read_good(struct span text)
{
    struct inventory *inv;
    struct inventory_errors errors;
    cr_assert_eq(
        inventory_read_all(text, &inv, &errors), 0, "line %zu: %s", errors.list[0].line, errors.list[0].text);
    return inv;
}

/* Every mistake, as LINE: WHAT; REMEDY a line. */
static const char *mistakes(struct span text)
{
    static char said[INVENTORY_ERRORS_MAX * 300];
    struct inventory *inv;
    struct inventory_errors errors;
    size_t used = 0;
    cr_assert_eq(inventory_read_all(text, &inv, &errors), ERR_PARSE);
    cr_assert_null(inv);
    said[0] = '\0';
    for (size_t i = 0; i < errors.count && i < INVENTORY_ERRORS_MAX; i++)
        used += (size_t)snprintf(
            said + used, sizeof(said) - used, "%zu: %s\n", errors.list[i].line, errors.list[i].text);
    return said;
}

static const struct inventory_tunnel *find(
    const struct inventory *inv, const char *device, const char *local, const char *peer)
{
    struct addr from, to;
    addr_read(span_of(local), &from);
    addr_read(span_of(peer), &to);
    return inventory_find(inv, span_of(device), &from, &to);
}

Test(inventory, a_vedge_configuration_names_its_tunnels)
{
    struct inventory *inv = read_good(
        SPAN("system\n host-name vedge01\n!\nvpn 1\n interface ipsec2\n  tunnel-source 10.132.3.92\n"
             "  tunnel-destination 10.10.10.1\n  dead-peer-detection interval 30 retries 3\n  ipsec\n"
             "   perfect-forward-secrecy group-14\n  !\n  no shutdown\n !\n interface ge0/0\n  shutdown\n "
             "!\n!\n"));
    cr_assert_eq(inventory_count(inv), 1);
    const struct inventory_tunnel *t = inventory_at(inv, 0);
    cr_assert_str_eq(t->device, "vedge01");
    cr_assert_str_eq(t->name, "ipsec2");
    cr_assert_str_eq(t->pfs_group, "group-14");
    cr_assert_eq(t->vpn_id, 1);
    cr_assert_eq(t->dpd_interval_s, 30);
    cr_assert_eq(t->line, 5);
    cr_assert(!t->shutdown);
    char text[ADDR_TEXT_MAX];
    addr_text(&t->peer, text);
    cr_assert_str_eq(text, "10.10.10.1");
    inventory_free(inv);
}

static const char two_devices[] =
    "system\n host-name vedge01\n system-ip 4.0.5.1\n site-id 100\n clock timezone Asia/Tokyo\n!\n"
    "vpn 1\n interface ipsec1\n  tunnel-destination 10.10.10.1\n  ike\n   version 2\n   responder-only\n"
    "   rekey 86400\n   cipher-suite aes256-cbc-sha1\n   group 14\n   authentication-type\n    "
    "pre-shared-key\n"
    "     pre-shared-secret hunter2\n     local-id 10.132.3.92 pre-shared-secret hunter2\n  !\n  ipsec\n   "
    "rekey 3600\n"
    "   cipher-suite aes256-gcm\n   perfect-forward-secrecy group-16  \n  !\n shutdown\n"
    "system\n site-id 200\n host-name vedge02\nvpn 2\n interface ipsec1\n  tunnel-destination "
    "gw.example.com\n";

Test(inventory, a_configuration_is_read_by_its_sections)
{
    struct inventory *inv = read_good(SPAN(two_devices));
    cr_assert_eq(inventory_count(inv), 2);
    const struct inventory_tunnel *t = inventory_at(inv, 0), *other = inventory_at(inv, 1);
    cr_assert_eq(t->ike_version, 2);
    cr_assert_eq(t->ike_rekey_s, 86400);
    cr_assert_eq(t->ipsec_rekey_s, 3600);
    cr_assert_str_eq(t->ike_group, "14");
    cr_assert_str_eq(t->ike_cipher_suite, "aes256-cbc-sha1");
    cr_assert_str_eq(t->ipsec_cipher_suite, "aes256-gcm");
    cr_assert_str_eq(t->pfs_group, "group-16");
    cr_assert(t->responder_only && t->shutdown);
    cr_assert_str_eq(t->system_ip, "4.0.5.1");
    cr_assert_str_eq(t->site, "100");
    cr_assert_str_eq(t->tz, "Asia/Tokyo");
    cr_assert_str_eq(other->device, "vedge02");
    cr_assert_str_eq(other->site, "200");
    cr_assert_str_eq(other->tz, "");
    cr_assert_str_eq(other->system_ip, "");
    cr_assert_eq(other->vpn_id, 2);
    cr_assert_eq(other->peer.family, 0);
    inventory_free(inv);
}

Test(inventory, lines_that_shape_an_exchange_are_kept_for_quoting_and_secrets_are_not)
{
    struct inventory *inv = read_good(SPAN(two_devices));
    const struct inventory_tunnel *t = inventory_at(inv, 0);
    char all[2048] = "";
    size_t used = 0;
    for (size_t i = 0; i < t->quote_count; i++)
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%u %s: %s\n", (unsigned)t->quotes[i].line,
            t->quotes[i].section, t->quotes[i].text);
    cr_assert_str_eq(all,
        "9 : tunnel-destination 10.10.10.1\n11 ike: version 2\n12 : responder-only\n13 ike: rekey 86400\n"
        "14 ike: cipher-suite aes256-cbc-sha1\n15 ike: group 14\n19 ike: local-id 10.132.3.92\n"
        "22 ipsec: rekey 3600\n23 ipsec: cipher-suite aes256-gcm\n24 ipsec: perfect-forward-secrecy "
        "group-16\n"
        "26 : shutdown\n");
    const char *bytes = (const char *)t;
    cr_assert_lt(span_find(span_from(bytes, sizeof(*t)), SPAN("hunter2")), 0);
    inventory_free(inv);
}

Test(inventory, a_mistake_is_named_with_its_line)
{
    struct inventory *inv;
    char error[128];
    cr_assert_eq(inventory_read(
                     SPAN("vpn 1\n interface ipsec2\n  tunnel-source nowhere\n"), &inv, error, sizeof(error)),
        ERR_PARSE);
    cr_assert_str_eq(error, "line 3: tunnel-source: \"nowhere\"; write an IPv4 or IPv6 address");
    cr_assert_eq(inventory_read(SPAN("vpn one\n"), &inv, error, sizeof(error)), ERR_PARSE);
    cr_assert_null(inv);
}

Test(inventory, every_mistake_of_a_configuration_is_named)
{
    cr_assert_str_eq(mistakes(SPAN("system\n host-name\n system-ip x\nvpn 70000\n interface ipsec1\n"
                                   "  tunnel-destination\n  dead-peer-detection interval x often 3\n  ike\n"
                                   "   version 3\n   cipher-suite\n  ipsec\n   rekey soon\n"
                                   " interface ipsec1\n interface ipsec-much-too-long-for-an-interface\n")),
        "2: host-name: \"\"; give it a value\n"
        "3: system-ip: \"x\"; write an IPv4 or IPv6 address\n"
        "4: vpn: \"70000\"; write a number from 0 to 65535\n"
        "6: tunnel-destination: \"\"; give it the peer's address\n"
        "7: interval: \"x\"; write a number from 0 to 65535\n"
        "7: dead-peer-detection: \"often\"; it takes interval and retries\n"
        "9: version: \"3\"; write a number from 0 to 2\n"
        "10: cipher-suite: \"\"; give it a value\n"
        "12: rekey: \"soon\"; write a number from 0 to 1209600\n"
        "13: ipsec1 stands here and in line 5; keep one of them\n"
        "14: interface: \"ipsec-much-too-long-for-an-interface\"; shorten it to 31 bytes\n");
}

Test(inventory, csv_has_its_columns_in_any_order)
{
    struct inventory *inv = read_good(
        SPAN("\xef\xbb\xbf"
             "Peer,CARRIER, tunnel ,device,local,vpn,system_ip,site,peer_name,circuit_id,tz,contract\r\n"
             "10.10.10.1,\"NTT, East\",ipsec1,vedge01,10.132.3.92,7,4.0.5.1,大阪,\"the "
             "\"\"hub\"\"\",\"C\n9\",Asia/Tokyo,K-1\r\n"
             "\r\n"
             "2001:db8::1,=HYPERLINK(\"x\"), ipsec2 ,vedge01,,,,,,,,"));
    cr_assert_eq(inventory_count(inv), 2);
    const struct inventory_tunnel *t = inventory_at(inv, 0), *second = inventory_at(inv, 1);
    cr_assert_str_eq(t->device, "vedge01");
    cr_assert_str_eq(t->name, "ipsec1");
    cr_assert_str_eq(t->carrier, "NTT, East");
    cr_assert_str_eq(t->peer_name, "the \"hub\"");
    cr_assert_str_eq(t->circuit_id, "C\n9");
    cr_assert_str_eq(t->site, "大阪");
    cr_assert_str_eq(t->system_ip, "4.0.5.1");
    cr_assert_str_eq(t->tz, "Asia/Tokyo");
    cr_assert_str_eq(t->contract, "K-1");
    cr_assert_eq(t->vpn_id, 7);
    cr_assert_eq(t->line, 2);
    cr_assert_str_eq(second->name, "ipsec2");
    cr_assert_str_eq(second->carrier, "=HYPERLINK(\"x\")");
    cr_assert_eq(second->vpn_id, -1);
    cr_assert_eq(second->local.family, 0);
    cr_assert_eq(second->peer.family, 6);
    cr_assert_eq(second->line, 5);
    inventory_free(inv);
}

Test(inventory, every_mistake_of_a_csv_is_named)
{
    cr_assert_str_eq(mistakes(SPAN("device,tunnel,vpn,peer,sites,device,colour\n")),
        "1: unknown column: \"sites\"; did you mean site?\n"
        "1: column stands twice: \"device\"; keep one of them\n"
        "1: unknown column: \"colour\"; the columns are device system_ip site tunnel vpn local peer "
        "peer_name "
        "carrier circuit_id tz contract\n");
    cr_assert_str_eq(mistakes(SPAN("vpn,local\n1,1.1.1.1\n")),
        "1: column device is missing; add it: whose tunnel it is\n"
        "1: column tunnel is missing; add it, or both local and peer\n");
    cr_assert_str_eq(
        mistakes(SPAN("device,tunnel,vpn,local,peer,system_ip,tz\n"
                      "v,a,x,,,,\n,b,,,,,\nv,,,1.1.1.1,,,\nv,c,,gw,,,\nv,d,,,%any,,\nv,e,,,,4.0,\n"
                      "v,f\nv,g,,,,,,,\nv,h,,,,,\xff\xfe\nv,\"i\"j,,,,,\nv,k,,,,,\nv,K,,,,,\n"
                      "v,name-of-more-than-thirty-one-bytes,,,,,\nv,\"open,\n")),
        "2: vpn: \"x\"; write a number from 0 to 65535\n"
        "3: device is empty; write whose tunnel it is\n"
        "4: tunnel is empty; write it, or both local and peer\n"
        "5: local: \"gw\"; write an IPv4 or IPv6 address\n"
        "6: peer: \"%any\"; write an IPv4 or IPv6 address\n"
        "7: system_ip: \"4.0\"; write an IPv4 or IPv6 address\n"
        "8: 2 fields, but the header has 7; put values that hold a comma in quotes\n"
        "9: 9 fields, but the header has 7; put values that hold a comma in quotes\n"
        "10: tz: \"??\"; save the file as UTF-8, without NUL\n"
        "11: text behind a closed quote: \"i\"; put the whole value in quotes, and write \"\" for a quote in "
        "it\n"
        "13: v K stands here and in line 12; keep one of them\n"
        "14: tunnel: \"name-of-more-than-thirty-one-bytes\"; shorten it to 31 bytes\n"
        "15: a quote is not closed: \"open,?\"; write \" behind the value, and \"\" for a quote in it\n");
    cr_assert_str_eq(mistakes(SPAN("\ndevice;tunnel\nv;ipsec1\n")),
        "2: columns are not separated by commas; save it as CSV, UTF-8\n");
}

Test(inventory, a_line_number_counts_the_newlines_in_quotes)
{
    cr_assert_str_eq(mistakes(SPAN("device,tunnel,site,vpn\r\nv,a,\"one\r\ntwo\r\n\",x\r\nv,b,,y\r\n")),
        "4: vpn: \"x\"; write a number from 0 to 65535\n5: vpn: \"y\"; write a number from 0 to 65535\n");
}

Test(inventory, mistakes_are_counted_beyond_those_that_are_kept)
{
    enum { ROWS = 1000 };
    static char text[ROWS * 8 + 32];
    struct inventory *inv;
    struct inventory_errors errors;
    size_t used = (size_t)snprintf(text, sizeof(text), "device,tunnel,vpn\n");
    for (int i = 0; i < ROWS; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "v,%d,x\n", i);
    cr_assert_eq(inventory_read_all(span_from(text, used), &inv, &errors), ERR_PARSE);
    cr_assert_eq(errors.count, ROWS);
    cr_assert_eq(errors.list[INVENTORY_ERRORS_MAX - 1].line, INVENTORY_ERRORS_MAX + 1);
}

Test(inventory, a_line_of_a_megabyte_is_a_mistake_like_any_other)
{
    enum { LONG = 1 << 20 };
    char *text = malloc(LONG + 64);
    int head = snprintf(text, 64, "device,tunnel\nv,");
    memset(text + head, 'x', LONG);
    const char *said = mistakes(span_from(text, (size_t)head + LONG));
    cr_assert_str_eq(said, "2: tunnel: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"; "
                           "shorten it to 31 bytes\n");
    memset(text, ',', LONG);
    memcpy(text, "device", 6);
    cr_assert_eq(strncmp(mistakes(span_from(text, LONG)), "1: unknown column", 17), 0);
    free(text);
}

Test(inventory, a_tunnel_is_found_by_device_and_pair_of_addresses)
{
    struct inventory *inv =
        read_good(SPAN("device,tunnel,local,peer\n"
                       "vedge01,ipsec1,10.0.0.1,10.9.9.1\nvedge02,ipsec1,10.0.0.1,10.9.9.1\n"
                       "vedge01,ipsec2,,10.9.9.2\nvedge01,ipsec3,10.0.0.1,10.9.9.3\n"
                       "vedge01,ipsec4,,10.9.9.3\nvedge01,,10.0.0.1,10.9.9.4\n"));
    cr_assert_eq(find(inv, "vedge01", "10.0.0.1", "10.9.9.1"), inventory_at(inv, 0));
    cr_assert_eq(find(inv, "VEDGE02", "10.0.0.1", "10.9.9.1"), inventory_at(inv, 1));
    cr_assert_null(find(inv, "vedge03", "10.0.0.1", "10.9.9.1"));
    cr_assert_null(find(inv, "vedge01", "10.0.0.2", "10.9.9.1"));
    cr_assert_eq(find(inv, "vedge01", "10.0.0.2", "10.9.9.2"), inventory_at(inv, 2));
    cr_assert_null(find(inv, "vedge01", "10.0.0.1", "10.9.9.3"), "two fit");
    cr_assert_eq(find(inv, "vedge01", "10.0.0.2", "10.9.9.3"), inventory_at(inv, 4));
    cr_assert_null(find(inv, "vedge01", "10.0.0.1", "10.9.9.4"), "it has no name to give");
    inventory_free(inv);
}

Test(inventory, a_file_that_names_no_device_is_about_any)
{
    struct inventory *inv = read_good(
        SPAN("vpn 1\n interface ipsec1\n  tunnel-source 10.0.0.1\n  tunnel-destination 10.9.9.1\n"));
    cr_assert_eq(find(inv, "whatever", "10.0.0.1", "10.9.9.1"), inventory_at(inv, 0));
    inventory_free(inv);
}

Test(inventory, a_device_is_in_the_zone_of_its_first_row_that_says_one)
{
    struct inventory *inv =
        read_good(SPAN("device,tunnel,tz\nb,1,\nb,2,Asia/Tokyo\na,1,UTC\nb,3,+01:00\nc,1,\n"));
    cr_assert_str_eq(inventory_zone(inv, SPAN("a")), "UTC");
    cr_assert_str_eq(inventory_zone(inv, SPAN("B")), "Asia/Tokyo");
    cr_assert_str_eq(inventory_zone(inv, SPAN("c")), "");
    cr_assert_str_eq(inventory_zone(inv, SPAN("d")), "");
    inventory_free(inv);
}

Test(inventory, an_empty_file_has_no_tunnels)
{
    struct inventory *inv = read_good(SPAN(""));
    cr_assert_eq(inventory_count(inv), 0);
    cr_assert_null(find(inv, "a", "10.0.0.1", "10.9.9.1"));
    cr_assert_str_eq(inventory_zone(inv, SPAN("a")), "");
    inventory_free(inv);
}
