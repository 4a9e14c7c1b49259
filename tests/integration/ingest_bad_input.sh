#!/bin/sh
# Records that cannot be read are counted dead letters; those beside them are read all the same.
. "$(dirname "$0")/lib.sh"
corpus=${CORPUS:-$top/tests/corpus}
services_up
topic_new "$TOPIC" 1
log=$corpus/cisco-dpd-timeout/messages

send() { kcat -P -b "$BROKERS" -t "$TOPIC" -p 0 "$@"; }
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" --device before "$log" >/dev/null
printf 'k:\n' | send -K : -Z                                                         # a tombstone
head -c 70000 /dev/zero | tr '\0' x >"$TEST_DIR/huge"
send "$TEST_DIR/huge"
printf '%s' '{"host": "a", "message": ' >"$TEST_DIR/json"
send "$TEST_DIR/json"
printf '%s' '{"host": "a", "text": "Apr  1 00:00:00 a charon: 05[IKE] x"}' >"$TEST_DIR/member"
send "$TEST_DIR/member" "$TEST_DIR/member"
printf '\000\001\377binary\000' >"$TEST_DIR/binary"
send "$TEST_DIR/binary"
printf '%s' 'Feb 31 00:00:00 vedge01 charon: 05[IKE] x' >"$TEST_DIR/stamp"
send "$TEST_DIR/stamp"
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" --device after "$log" >/dev/null

ikewatch_start -G "$TOPIC"
wait_caught_up 60
sql "SELECT reason || ' ' || count(*) FROM ikewatch.dead_letter GROUP BY reason ORDER BY 1" >"$TEST_DIR/reasons"
cat >"$TEST_DIR/wanted" <<END
bad-json 1
bad-stamp 1
empty 1
no-message 2
not-syslog 1
too-long 1
END
check "each is a dead letter with its reason" diff "$TEST_DIR/wanted" "$TEST_DIR/reasons"
check "their bytes are kept, capped" test "$(sql "SELECT max(length(record_value)) || ' ' || max(value_bytes) FROM ikewatch.dead_letter")" = '4096 70000'
check "the tombstone's key is kept" test "$(sql "SELECT convert_from(record_key, 'UTF8') FROM ikewatch.dead_letter WHERE reason = 'empty'")" = k
check "what came before and after is read" test "$(sql "SELECT count(*) FROM ikewatch.device WHERE name IN ('before', 'after') AND lines > 0")" -eq 2
check "with the same outcome" test "$(sql "SELECT count(DISTINCT (i.cause, i.symptom, i.began)) FROM ikewatch.incident AS i JOIN ikewatch.device USING (device_id) WHERE name IN ('before', 'after')")" -ge 1
curl -fsS "$API/metrics" >"$TEST_DIR/metrics"
check "the metrics count them" grep -q '^ikewatch_dead_letters_total{reason="no-message"} 2$' "$TEST_DIR/metrics"
ikewatch_stop
