#!/bin/sh
# Log files → replay → Kafka → serve → rows; a clean stop; what replay refuses.
. "$(dirname "$0")/lib.sh"
corpus=${CORPUS:-$top/tests/corpus}
services_up
topic_new "$TOPIC" 4
logs=$(ls "$corpus"/*/messages)
lines=$(cat $logs | wc -l)

replay() { "$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" "$@"; }
total() { kafka_ends "$BROKERS" "$1" | awk '{ n += $2 } END { print n + 0 }'; }

# --- replay ---
replay $logs >"$TEST_DIR/replay"
check "replay says how many lines it sent" grep -q "lines=$lines .*failed=0" "$TEST_DIR/replay"
check "each line is a record" test "$(total "$TOPIC")" -eq "$lines"
replay --device other <"$(echo "$logs" | head -n 1)" - >/dev/null
kcat -C -q -e -b "$BROKERS" -t "$TOPIC" -f '%k\n' | sort -u >"$TEST_DIR/keys"
check "--device is the key" grep -qx other "$TEST_DIR/keys"
check "a file's host is its key" grep -qx vedge01 "$TEST_DIR/keys"
check "nothing else is a key" test "$(grep -vcE '^(other|vedge0[0-9])$' "$TEST_DIR/keys")" -eq 0
kcat -C -q -e -b "$BROKERS" -t "$TOPIC" -f '%T\n' | sort -n >"$TEST_DIR/times"
check "no record is ahead of the clock" test "$(tail -n 1 "$TEST_DIR/times")" -le "$(now_ms)"
check "a record's time is its line's" test "$(head -n 1 "$TEST_DIR/times")" -lt $(($(now_ms) - 86400000))

# --- serve ---
ikewatch_start -G "$TOPIC"
wait_caught_up 60
check "nothing is a dead letter" test "$(sql 'SELECT count(*) FROM ikewatch.dead_letter')" -eq 0
check "the devices are known" test "$(sql 'SELECT string_agg(name, $$ $$ ORDER BY name) FROM ikewatch.device')" = \
    "$(sort -u "$TEST_DIR/keys" | tr '\n' ' ' | sed 's/ $//')"
check "their tunnels too" test "$(sql 'SELECT count(*) FROM ikewatch.tunnel')" -gt 5
check "incidents are found" test "$(sql 'SELECT count(*) FROM ikewatch.incident')" -gt 5
check "with evidence that Kafka still has" test "$(sql "SELECT count(*) FROM ikewatch.evidence WHERE source_offset < 0")" -eq 0
check "exchanges are stored" test "$(sql 'SELECT count(*) FROM ikewatch.exchange')" -gt 100
check "every partition is owned" test "$(sql "SELECT count(*) FROM ikewatch.position WHERE topic = '$TOPIC' AND owner IS NOT NULL")" -eq 4

# --- a clean stop in the middle of work ---
before=$(sql 'SELECT sum(lines) FROM ikewatch.device')
replay $logs $logs >/dev/null
ikewatch_stop
check "a stop gives the partitions back" test "$(sql "SELECT count(*) FROM ikewatch.position WHERE topic = '$TOPIC' AND owner IS NOT NULL")" -eq 0
check "with a checkpoint where they stand" test "$(sql "SELECT count(*) FROM ikewatch.position AS p JOIN ikewatch.checkpoint AS c
    USING (consumer_group, topic, partition) WHERE p.topic = '$TOPIC' AND c.position <> p.position")" -eq 0
ikewatch_start -G "$TOPIC"
wait_caught_up 60
check "a start goes on from there" test "$(sql 'SELECT sum(lines) FROM ikewatch.device')" -gt "$before"
ikewatch_stop

# --- refusals ---
kafka_java org.apache.kafka.tools.TopicCommand --bootstrap-server "$BROKERS" --create --topic "$TOPIC-short" --partitions 1 \
    --config retention.ms=60000
check "a topic that would delete the lines is refused" eval '! replay -t "$TOPIC-short" $logs 2>"$TEST_DIR/refused"'
check "with the remedy" grep -q 'retention.ms=-1' "$TEST_DIR/refused"
check "before anything is sent" test "$(total "$TOPIC-short")" -eq 0
check "a topic that is not there is refused" eval '! replay -t "$TOPIC-none" $logs 2>"$TEST_DIR/refused"'
check "with the remedy, too" grep -q -- '--create --topic' "$TEST_DIR/refused"
echo 'no host here' >"$TEST_DIR/anonymous"
check "lines of nobody are refused" eval '! replay "$TEST_DIR/anonymous" 2>"$TEST_DIR/refused"'
check "with the remedy, again" grep -q -- '--device' "$TEST_DIR/refused"
