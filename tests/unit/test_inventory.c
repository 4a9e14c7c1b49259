#include "classify/inventory.h"

#include "classify/base/err.h"

#include <criterion/criterion.h>

Test(inventory, a_vedge_configuration_names_its_tunnels)
{
    struct inventory *inv;
    char error[128];
    const char *cli =
        "system\n host-name vedge01\n!\nvpn 1\n interface ipsec2\n  tunnel-source 10.132.3.92\n"
        "  tunnel-destination 10.10.10.1\n  dead-peer-detection interval 30 retries 3\n  ipsec\n"
        "   perfect-forward-secrecy group-14\n  !\n  no shutdown\n !\n interface ge0/0\n  shutdown\n !\n!\n";
    cr_assert_eq(inventory_read(span_of(cli), &inv, error, sizeof(error)), 0);
    cr_assert_eq(inventory_count(inv), 1);
    const struct inventory_tunnel *t = inventory_at(inv, 0);
    cr_assert_str_eq(t->device, "vedge01");
    cr_assert_str_eq(t->name, "ipsec2");
    cr_assert_str_eq(t->pfs_group, "group-14");
    cr_assert_eq(t->vpn_id, 1);
    cr_assert_eq(t->dpd_interval_s, 30);
    cr_assert(!t->shutdown);
    char text[ADDR_TEXT_MAX];
    addr_text(&t->peer, text);
    cr_assert_str_eq(text, "10.10.10.1");
    inventory_free(inv);
}

Test(inventory, a_mistake_is_named_with_its_line)
{
    struct inventory *inv;
    char error[128];
    cr_assert_eq(inventory_read(
                     SPAN("vpn 1\n interface ipsec2\n  tunnel-source nowhere\n"), &inv, error, sizeof(error)),
        ERR_PARSE);
    cr_assert_str_eq(error, "line 3: tunnel-source is no address");
    cr_assert_eq(inventory_read(SPAN("vpn one\n"), &inv, error, sizeof(error)), ERR_PARSE);
    cr_assert_null(inv);
}
