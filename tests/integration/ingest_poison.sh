#!/bin/sh
# A record whose rows PostgreSQL refuses becomes a dead letter that names it; everything beside it is stored, exactly once, also after
# a kill and a rebuild of the state from Kafka. What is refused without end stops one partition, with the reason, and not for ever.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 2
: "${LINES_WANTED:=20000}"
lines=$("$top/tests/support/many-devices" "$LINES_WANTED" "$TEST_DIR/fleet")

# Lines that name a peer, a tunnel and a device of their own, so that constraints can be put on them.
line() { # DEVICE PARTITION TEXT
    printf '%s' "{\"host\": \"$1\", \"message\": \"Apr  1 00:24:08 $1 charon: 05[IKE] $3\"}" | kcat -P -b "$BROKERS" -t "$TOPIC" -p "$2" -k "$1"
}
half() { ls "$TEST_DIR"/fleet/* | awk -v part="$1" 'NR % 2 == part'; }
"$IKEWATCH" migrate up -d "$DATABASE_URI"
sql "ALTER TABLE ikewatch.device ADD CONSTRAINT no_such_device CHECK (name <> 'refused01');
     ALTER TABLE ikewatch.tunnel ADD CONSTRAINT no_such_peer CHECK (peer <> '203.0.113.99')"
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" $(half 0) >/dev/null
line refused01 0 'initiating IKE_SA ipsec1_1[1] to 198.51.100.1'
line good01 1 'initiating IKE_SA ipsec1_1[1] to 203.0.113.99'
line good01 1 'initiating IKE_SA ipsec2_1[2] to 198.51.100.2'
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" $(half 1) >/dev/null
for n in 1 2 3; do line refused01 0 "initiating IKE_SA ipsec${n}_1[$n] to 198.51.100.$n"; done
line good02 0 'initiating IKE_SA ipsec1_1[1] to 198.51.100.1'
total=$((lines + 7))

dead() { sql "SELECT string_agg(partition || ' ' || left(detail, 5) || ' ' || substring(detail FROM 'constraint .([a-z_]+)'), ';' ORDER BY partition, source_offset)
    FROM ikewatch.dead_letter WHERE topic = '$TOPIC' AND reason = 'refused-by-database'"; }
wanted='0 23514 no_such_device;0 23514 no_such_device;0 23514 no_such_device;0 23514 no_such_device;1 23514 no_such_peer'
searching() { grep -q ingest.search "$TEST_DIR/ikewatch/log"; }
ikewatch_start --ingest-batch-max-records 5000
wait_for 60 searching || fail "nothing is searched"
ikewatch_kill # in the middle of it
ikewatch_start --ingest-batch-max-records 5000
wait_caught_up 120
check "each refused record is a dead letter with SQLSTATE and constraint" test "$(dead)" = "$wanted"
check "it names the record" test "$(sql "SELECT string_agg(DISTINCT convert_from(record_key, 'UTF8'), ' ' ORDER BY convert_from(record_key, 'UTF8'))
    FROM ikewatch.dead_letter WHERE convert_from(record_value, 'UTF8') LIKE '%initiating IKE_SA%'")" = 'good01 refused01'
check "every other line is stored, once" test "$(sql 'SELECT sum(lines) FROM ikewatch.device')" -eq $((total - 5))
check "the device of a refused line goes on" test "$(sql "SELECT string_agg(host(peer), ' ') FROM ikewatch.tunnel JOIN ikewatch.device USING (device_id)
    WHERE device.name = 'good01'")" = 198.51.100.2
check "so does the partition of a refused device" test "$(sql "SELECT lines FROM ikewatch.device WHERE name = 'good02'")" = 1
check "they are counted" test "$(sql "SELECT sum(count) FROM ikewatch.dead_letter_count WHERE reason = 'refused-by-database'")" = 5
curl -fsS "$API/metrics" >"$TEST_DIR/metrics"
check "the metrics count those of this process" grep -q '^ikewatch_dead_letters_total{reason="refused-by-database"} [1-5]$' "$TEST_DIR/metrics"
check "nothing stands still" eval '! grep -q ingest.parked "$TEST_DIR/ikewatch/log"'
ikewatch_stop
sql "SELECT * FROM ikewatch.digest() WHERE name IN ('device', 'tunnel', 'incident', 'outage', 'transition') ORDER BY 1" >"$TEST_DIR/first"

# --- a state rebuilt from Kafka leaves out what was left out ---
sql "DELETE FROM ikewatch.checkpoint"
rebuilt() { [ "$(grep -c ingest.rebuilt "$TEST_DIR/ikewatch/log")" -eq 2 ]; }
ikewatch_start
wait_for 60 rebuilt || fail "not rebuilt: $(tail "$TEST_DIR/ikewatch/log")"
line good03 1 'initiating IKE_SA ipsec1_1[1] to 198.51.100.1'
wait_caught_up 60
ikewatch_stop
check "a rebuilt state refuses nothing anew" test "$(dead)" = "$wanted"
sql "DELETE FROM ikewatch.device WHERE name = 'good03'; DELETE FROM ikewatch.tunnel AS t WHERE NOT EXISTS (SELECT FROM ikewatch.device AS d WHERE d.device_id = t.device_id)"
sql "SELECT * FROM ikewatch.digest() WHERE name IN ('device', 'tunnel', 'incident', 'outage', 'transition') ORDER BY 1" >"$TEST_DIR/second"
check "and has the same content" diff "$TEST_DIR/first" "$TEST_DIR/second"

# --- everything is refused: not the records' fault ---
sql "ALTER TABLE ikewatch.device ADD CONSTRAINT nothing_at_all CHECK (lines < 0) NOT VALID"
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" $(half 0) >/dev/null
ikewatch_start
says_why() { curl -sS -m 5 "$API/readyz" >"$TEST_DIR/readyz"; grep -q '23514.*nothing_at_all' "$TEST_DIR/readyz"; }
wait_for 120 says_why || fail "not said: $(cat "$TEST_DIR/readyz")"
check "a partition stops in time" test "$(sql "SELECT max(count) FROM ikewatch.dead_letter_count WHERE reason = 'refused-by-database'")" -le 120
ikewatch_stop
