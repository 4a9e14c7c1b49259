#!/bin/sh
# Dead letters: kept up to a cap and counted exactly, sent on to a topic of their own with key, value and origin, listed, sent back.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 2
dlq=$TOPIC.$TOPIC.dlq
send() { kcat -P -b "$BROKERS" -t "$TOPIC" -p 0 "$@"; }
dlq() { "$IKEWATCH" dlq "$@" -b "$BROKERS" -t "$TOPIC" -G "$TOPIC" -d "$DATABASE_URI"; }
sent() { sql "SELECT count(*) FROM ikewatch.dead_letter WHERE topic = '$TOPIC' AND sent_at IS NOT NULL"; }
all_sent() { [ "$(sent)" = "$(sql "SELECT count(*) FROM ikewatch.dead_letter WHERE topic = '$TOPIC'")" ] && [ "$(sent)" -ge "$1" ]; }
got() { kcat -C -q -e -o beginning -b "$BROKERS" -t "$dlq" "$@"; }

# --- what arrives there ---
printf 'the-key:\n' | send -K : -Z -H only=these -H none
printf 'a \001 binary\200 value' >"$TEST_DIR/binary"
long=$(head -c 5000 /dev/zero | tr '\0' l)
send -H trace=1 -H "long=$long" -H after=2 "$TEST_DIR/binary"
head -c 70000 /dev/zero | tr '\0' x >"$TEST_DIR/huge"
send -k big "$TEST_DIR/huge"
printf '{"host": "refused01", "message": "Apr  1 00:24:08 refused01 charon: 05[IKE] initiating IKE_SA ipsec1_1[1] to 198.51.100.1"}' >"$TEST_DIR/refused"
kcat -P -b "$BROKERS" -t "$TOPIC" -p 1 -k refused01 -H trace=r1 -H trace=r2 "$TEST_DIR/refused"
"$IKEWATCH" migrate up -d "$DATABASE_URI"
sql "ALTER TABLE ikewatch.device ADD CONSTRAINT no_such_device CHECK (name <> 'refused01')"
ikewatch_start --ingest-dead-letter-max 50
wait_caught_up 60
wait_for 60 all_sent 4 || fail "not sent: $(sent) $(grep dlq "$TEST_DIR/ikewatch/log")"
check "each is in the topic once" test "$(got -f '%o\n' | wc -l)" -eq 4
got -f '%p %h\n' | tr ',' '\n' >"$TEST_DIR/headers"
check "headers say where it came from" eval 'grep -q "dlq.topic=$TOPIC" "$TEST_DIR/headers" && grep -q "dlq.partition=1" "$TEST_DIR/headers" && grep -q "dlq.offset=2" "$TEST_DIR/headers"'
check "and why it is here" eval 'grep -q "dlq.reason=too-long" "$TEST_DIR/headers" && grep -q "dlq.reason=refused-by-database" "$TEST_DIR/headers" && grep -q "dlq.exception=23514 .*no_such_device" "$TEST_DIR/headers"'
check "the tombstone is one" test "$(got -f '%k %S\n' | grep '^the-key ')" = 'the-key -1'
got -f '%s' | grep -aq "$(printf 'a \001 binary\200 value')" || fail "the binary value is another"
check "a value longer than what is kept is whole" eval 'got -f "%k:%S\n" | grep -qx big:70000'
check "and which rule it breaks" eval 'grep -qx "dlq.rule=message >= 1 byte" "$TEST_DIR/headers" && grep -qx "dlq.rule=RFC 3164 or RFC 5424" "$TEST_DIR/headers" && grep -qx "dlq.rule=value <= 65536 bytes" "$TEST_DIR/headers" && grep -qx "dlq.rule=SQLSTATE 23514" "$TEST_DIR/headers"'
got -f '%k|%h\n' >"$TEST_DIR/own"
check "its own headers come first, as they were" grep -q "^refused01|trace=r1,trace=r2,dlq.topic=$TOPIC," "$TEST_DIR/own"
check "those of a tombstone too" grep -q "^the-key|only=these,none=NULL,dlq.topic=$TOPIC," "$TEST_DIR/own"
check "more of them than are kept are whole" grep -q "^|trace=1,long=$long,after=2,dlq.topic=$TOPIC," "$TEST_DIR/own"
check "nothing is cut" eval '! grep -q dlq.cut "$TEST_DIR/headers"'

# --- list and replay ---
dlq list >"$TEST_DIR/list"
check "list names the record and its first bytes" grep -q '^ *0  *1 .*not-syslog .*sent .*a \\x01 binary\\x80 value' "$TEST_DIR/list"
check "and says why" grep -q '23514 .*no_such_device' "$TEST_DIR/list"
dlq list --format json --partition 1 >"$TEST_DIR/list.json"
check "as JSON too" eval 'python3 -c "import json,sys; l = json.load(sys.stdin); assert len(l) == 1 and l[0][\"reason\"] == \"refused-by-database\" and l[0][\"key\"] == \"refused01\" and l[0][\"rule\"] == \"SQLSTATE 23514\" and [h[\"value\"] for h in l[0][\"headers\"]] == [\"r1\", \"r2\"]" <"$TEST_DIR/list.json"'
check "replay wants to be told which" eval '! dlq replay >"$TEST_DIR/replay" 2>&1 && grep -q -- --all "$TEST_DIR/replay"'
check "a dry run sends nothing" eval 'dlq replay --all --dry-run | grep -q "chosen=4 sent=0"'
sql "ALTER TABLE ikewatch.device DROP CONSTRAINT no_such_device"
check "replay sends what is chosen" eval 'dlq replay --reason refused-by-database | grep -q "chosen=1 sent=1 gone=0 failed=0"'
wait_caught_up 60
check "and now it is read" test "$(sql "SELECT lines FROM ikewatch.device WHERE name = 'refused01'")" = 1
check "with its own headers only" test "$(kcat -C -q -e -o -1 -b "$BROKERS" -t "$TOPIC" -p 1 -f '%k|%h')" = 'refused01|trace=r1,trace=r2'
check "it is marked" eval 'dlq list --reason refused-by-database | grep -q replayed'
check "and not sent twice" eval 'dlq replay --reason refused-by-database | grep -q "chosen=0"'
check "a long one goes back whole" eval 'dlq replay --offset 2-2 --partition 0 | grep -q "sent=1"'
wait_caught_up 60
check "and is a dead letter again" test "$(sql "SELECT count(*) FROM ikewatch.dead_letter WHERE topic = '$TOPIC' AND reason = 'too-long' AND value_bytes = 70000")" -eq 2

# --- a storm ---
: "${STORM:=20000}"
yes 'not a syslog line at all' | head -n "$STORM" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 1
wait_caught_up 300
check "all of a storm are counted" test "$(sql "SELECT sum(count) FROM ikewatch.dead_letter_count WHERE topic = '$TOPIC' AND reason = 'not-syslog'")" -eq $((STORM + 1))
check "few are kept" test "$(sql "SELECT count(*) FROM ikewatch.dead_letter WHERE topic = '$TOPIC' AND partition = 1")" -le 51
check "the status counts them" eval 'curl -fsS "$API/v1/status" | tr -d " \n" | grep -q "\"reason\":\"not-syslog\",\"count\":$((STORM + 1))"'
pruned() { [ "$(sql "SELECT count(*) FROM ikewatch.dead_letter WHERE topic = '$TOPIC' AND partition = 1")" -le 26 ]; }
wait_for 60 pruned || fail "there is no room for new ones"
printf 'the last one' | kcat -P -b "$BROKERS" -t "$TOPIC" -p 1
wait_caught_up 60
check "new ones are kept again" test "$(sql "SELECT count(*) FROM ikewatch.dead_letter WHERE convert_from(record_value, 'UTF8') = 'the last one' AND partition = 1")" = 1
ikewatch_stop

# --- a topic that takes none of them ---
topic_new "$TOPIC.$TOPIC-small.dlq" 1
kafka_java kafka.admin.ConfigCommand --bootstrap-server "$BROKERS" --alter --entity-type topics --entity-name "$TOPIC.$TOPIC-small.dlq" \
    --add-config max.message.bytes=100 >/dev/null
DATABASE_URI=$(database_new "ingest_dlq_small")
ikewatch_start -G "$TOPIC-small" --ingest-dead-letter-max 50
wait_caught_up 120
none_left() { [ "$(sql "SELECT count(*) FROM ikewatch.dead_letter WHERE send_error IS NULL")" = 0 ]; }
wait_for 60 none_left || fail "unsendable ones are tried for ever: $(grep dlq "$TEST_DIR/ikewatch/log")"
check "what can never be sent is told" eval '"$IKEWATCH" dlq list -t "$TOPIC" -G "$TOPIC-small" -d "$DATABASE_URI" | grep -q unsendable'
ikewatch_stop

# --- for tools of Kafka Connect ---
DATABASE_URI=$(database_new "ingest_dlq_connect")
dlq=$TOPIC.$TOPIC-connect.dlq
ikewatch_start -G "$TOPIC-connect" --ingest-dlq-headers connect --ingest-dead-letter-max 50
wait_caught_up 120
wait_for 60 all_sent 5 || fail "not sent: $(sent) $(grep dlq "$TEST_DIR/ikewatch/log")"
got -f '%k|%h\n' >"$TEST_DIR/connect"
connect=__connect.errors
check "headers are those of Kafka Connect" grep -q "^the-key|only=these,none=NULL,$connect.topic=$TOPIC,$connect.partition=0,$connect.offset=0,$connect.connector.name=$TOPIC-connect,$connect.stage=VALUE_CONVERTER,$connect.exception.class.name=empty,$connect.exception.message=the record" "$TEST_DIR/connect"
check "and no others" eval '! grep -q ,dlq "$TEST_DIR/connect"'
ikewatch_stop

# --- none wanted ---
DATABASE_URI=$(database_new "ingest_dlq_off")
ikewatch_start -G "$TOPIC-off" --dlq=no
wait_caught_up 120
check "none is sent if none is wanted" test "$(sent)" = 0
check "and no topic made" eval '! kafka_ends "$BROKERS" "$TOPIC.$TOPIC-off.dlq" 2>/dev/null | grep -q .'
ikewatch_stop
