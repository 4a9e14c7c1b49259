#!/bin/sh
# SIGHUP: another catalogue and inventory take effect without a restart, at a checkpoint that says so; a mistake in them changes nothing; a
# checkpoint made with another configuration is read and stamped anew.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 2
mkdir -p "$TEST_DIR/catalog.d"
inventory=$TEST_DIR/inventory.csv
echo 'device,tunnel,local,peer,tz' >"$inventory"
echo 'other,ipsec1,192.0.2.1,203.0.113.9,' >>"$inventory"

send() { # COUNT
    for p in 0 1; do
        seq 1 "$1" | sed "s/.*/Apr  1 00:24:08 vedge0$p charon: 05[IKE] quux & happened/" | kcat -P -b "$BROKERS" -t "$TOPIC" -p $p
    done
}
lines_are() { [ "$(sql 'SELECT coalesce(sum(lines), 0) FROM ikewatch.device')" = "$1" ]; }
unknown() { sql "SELECT coalesce(sum(count), 0) FROM ikewatch.unknown_template"; }
configs() { sql "SELECT string_agg(DISTINCT config::text, ' ') FROM ikewatch.checkpoint WHERE topic = '$TOPIC'"; }
stamped() { [ "$(sql "SELECT count(*) FROM ikewatch.checkpoint WHERE topic = '$TOPIC' AND config::text <> '$1'")" = 2 ]; }
hup() { kill -HUP "$(daemon_pid "$TEST_DIR/ikewatch")"; }
said() { [ "$(grep -c "$1" "$TEST_DIR/ikewatch/log")" -ge "$2" ]; }
start() { ikewatch_start --workers 2 --catalogue "$TEST_DIR/catalog.d" --inventory "$inventory"; }

start
send 5
wait_for 30 lines_are 10 || fail "not read"
check "a wording that the catalogue does not know is counted" test "$(unknown)" = 10

hup
check "a SIGHUP without a change changes nothing" eval 'wait_for 60 said "ingest.reload.*nothing has changed" 1'
cat >"$TEST_DIR/catalog.d/site.ini" <<'END'
[quux-happened]
event = noise
group = IKE
text = quux {_:u} happened
sample = quux 5 happened
source = this test
END
hup
check "both workers take the new catalogue" eval 'wait_for 60 said ingest.reconfigured 2'
first=$(configs)
check "at a checkpoint of it" test "$(echo "$first" | wc -w)" = 1
send 5
wait_for 30 lines_are 20 || fail "not read after the change"
check "the wording is known from there on" test "$(unknown)" = 10

echo '[broken' >"$TEST_DIR/catalog.d/z.ini"
hup
check "a mistake is said with its file" eval 'wait_for 60 said "ingest.catalogue.*z.ini" 1 && said "ingest.reload.*stays in force" 1'
rm "$TEST_DIR/catalog.d/z.ini"
echo 'vedge00,ipsec9' >>"$inventory"
hup
check "and one in the inventory" eval 'wait_for 60 said "ingest.inventory.*inventory.csv" 1 && wait_for 60 said "ingest.reload.*stays in force" 2'
send 5
wait_for 30 lines_are 30 || fail "not read after a mistake"
check "what was read before stays in force" test "$(unknown)" = 10

sed '$d' "$inventory" >"$inventory.new" && mv "$inventory.new" "$inventory"
echo 'vedge00,ipsec9,192.0.2.7,203.0.113.9,Asia/Tokyo' >>"$inventory"
hup
check "a corrected inventory is taken" eval 'wait_for 60 said ingest.reconfigured 4'
check "its checkpoints are stamped anew" stamped "$first"
second=$(configs)
send 5
wait_for 30 lines_are 40 || fail "not read with the new inventory"
ikewatch_kill

echo 'vedge01,ipsec9,192.0.2.8,203.0.113.9,Asia/Tokyo' >>"$inventory"
start
check "a checkpoint of another configuration is read, and stamped when that takes effect" wait_for 30 stamped "$second"
check "and not thrown away" eval '! grep -q ingest.rebuild "$TEST_DIR/ikewatch/log"'
send 5
wait_for 30 lines_are 50 || fail "not read after the restart"
ikewatch_stop
