#!/bin/sh
# ikewatch inventory import: a file makes the database the same, twice nothing changes, a mistake anywhere imports nothing.
. "$(dirname "$0")/lib.sh"
services_up
cd "$TEST_DIR"

import() { # STATUS FILE…: what it says is in ./said
    status=0 wanted=$1
    shift
    "$IKEWATCH" inventory import -d "$DATABASE_URI" "$@" >said 2>&1 || status=$?
    sanitizer_silent said
    check "import $* ends with $wanted" test $status = "$wanted"
}
said() { grep -qF -- "$1" said || fail "not said: $1; but: $(cat said)"; }

cat >fleet.csv <<'END'
device,tunnel,peer,site,carrier,circuit_id,vpn,tz
vedge01,ipsec1,10.10.10.1,Tokyo,"NTT, East",=cmd|' /C calc'!A0,1,Asia/Tokyo
vedge01,ipsec2,10.20.30.1,Tokyo,KDDI,'; DROP TABLE ikewatch.inventory; --,1,
vedge02,ipsec1,2001:db8::1,大阪,,,,
END
import 1 fleet.csv
said 'migrate up'
"$IKEWATCH" migrate up -d "$DATABASE_URI"
import 0 fleet.csv
said 'vedge01: 2 tunnels (2 new)'
said 'vedge02: 1 tunnel (1 new)'
check "texts arrive as they are" test "$(sql "SELECT carrier || '|' || circuit_id || '|' || tz || '|' || vpn_id FROM ikewatch.inventory WHERE device = 'vedge01' AND tunnel = 'ipsec1'")" = "NTT, East|=cmd|' /C calc'!A0|Asia/Tokyo|1"
check "what is not said is NULL" test "$(sql "SELECT count(*) FROM ikewatch.inventory WHERE device = 'vedge02' AND site = '大阪' AND num_nulls(carrier, circuit_id, vpn_id, local, tz, contract) = 6")" = 1
before=$(sql "SELECT string_agg(i::text, ';' ORDER BY i::text) FROM ikewatch.inventory AS i")
import 0 fleet.csv
said 'vedge01: 2 tunnels (unchanged)'
check "the same again changes nothing" test "$(sql "SELECT string_agg(i::text, ';' ORDER BY i::text) FROM ikewatch.inventory AS i")" = "$before"

cat >one.csv <<'END'
device,tunnel,peer,local,carrier
vedge01,ipsec1,10.10.10.1,,SoftBank
vedge01,,10.9.9.9,10.1.1.1,
vedge01,ipsec3,10.20.40.1,,
END
import 0 one.csv
said 'vedge01: 3 tunnels (2 new, 1 changed, 1 removed)'
check "other devices stay" test "$(sql "SELECT string_agg(device || ' ' || tunnel, ',' ORDER BY device, tunnel) FROM ikewatch.inventory")" = 'vedge01 ipsec1,vedge01 ipsec3,vedge01 unknown:10.9.9.9,vedge02 ipsec1'
check "what the file no longer says is gone" test "$(sql "SELECT num_nulls(site, circuit_id, vpn_id, tz) FROM ikewatch.inventory WHERE device = 'vedge01' AND tunnel = 'ipsec1'")" = 4

printf 'system\n host-name vedge02\n system-ip 4.0.5.2\n site-id 200\nvpn 1\n interface ipsec1\n  tunnel-destination 10.0.0.1\n  ike\n   authentication-type\n    pre-shared-key\n     pre-shared-secret hunter2\n' >vedge02.cli
before=$(sql "SELECT string_agg(i::text, ';' ORDER BY i::text) FROM ikewatch.inventory AS i")
printf 'device,tunnel,vpn\nvedge03,ipsec1,70000\nvedge03,ipsec1\n' >wrong.csv
import 1 vedge02.cli wrong.csv fleet.csv
said 'wrong.csv:2: vpn: "70000"; write a number from 0 to 65535'
said 'wrong.csv:3: 2 fields, but the header has 3;'
import 1 vedge02.cli fleet.csv
said 'vedge02 ipsec1 stands also in'
check "a mistake anywhere imports nothing" test "$(sql "SELECT string_agg(i::text, ';' ORDER BY i::text) FROM ikewatch.inventory AS i")" = "$before"
import 0 --dry-run vedge02.cli
check "a dry run imports nothing" test "$(sql "SELECT string_agg(i::text, ';' ORDER BY i::text) FROM ikewatch.inventory AS i")" = "$before"
import 0 vedge02.cli
said 'vedge02: 1 tunnel (1 changed)'
check "CLI says site and system-ip" test "$(sql "SELECT site || ' ' || system_ip || ' ' || host(peer) FROM ikewatch.inventory WHERE device = 'vedge02'")" = '200 4.0.5.2 10.0.0.1'
check "no secret is stored" test "$(sql "SELECT count(*) FROM ikewatch.inventory AS i WHERE i::text LIKE '%hunter2%'")" = 0
check "the API may read it" test "$(sql "SELECT has_table_privilege('ikewatch_api', 'ikewatch.inventory', 'SELECT')")" = t
