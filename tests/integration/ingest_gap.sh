#!/bin/sh
# What Kafka has lost is never skipped in silence: a topic made anew, shorter or longer than what was read of the old one, and records that
# retention deleted before they were read; told on the log, in the metrics and by /v1/status; --on-gap=stop stops there.
. "$(dirname "$0")/lib.sh"
services_up
: "${corpus:=$top/tests/corpus}"
line='Apr  1 00:24:08 vedge01 charon: 05[IKE] sending keep alive to 203.0.113.9[4500]'

kafka_admin() { # CLASS ARGUMENT…
    local class="$1"
    shift
    kafka_java "org.apache.kafka.$class" --bootstrap-server "$BROKERS" "$@"
}
topic_delete() {
    kafka_admin tools.TopicCommand --delete --topic "$TOPIC"
    wait_for 30 topic_gone || fail "the topic is not deleted"
}
topic_gone() { ! kcat -L -J -b "$BROKERS" -t "$TOPIC" | jq -e '.topics[0] | has("error") | not'; }
topic_there() { kcat -L -J -b "$BROKERS" -t "$TOPIC" | jq -e '.topics[0].partitions | length > 0 and all(.leader >= 0)'; }
topic_again() { # PARTITIONS
    topic_new "$TOPIC" "$1"
    wait_for 30 topic_there || fail "the topic is not there again"
}
delete_until() { # OFFSET: as retention does
    printf '{"partitions": [{"topic": "%s", "partition": 0, "offset": %s}], "version": 1}' "$TOPIC" "$1" >"$TEST_DIR/until"
    kafka_admin tools.DeleteRecordsCommand --offset-json-file "$TEST_DIR/until" >/dev/null
}
send() { # FIRST LAST
    seq "$1" "$2" | sed "s/^/$line /" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 0
}
position() { sql "SELECT position FROM ikewatch.position WHERE topic = '$TOPIC' AND partition = 0"; }
position_is() { [ "$(position)" = "$1" ]; }
gaps() { curl -fsS "$API/v1/status" | jq -r '.data.gaps[] | "\(.from) \(.to) \(.reason)"'; }
metric() { curl -fsS -m 5 "$API/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }

topic_new "$TOPIC" 1
send 1 40
ikewatch_start ${DEBUG_ARGS:-}
wait_caught_up 30

# Retention, while the process is away.
ikewatch_stop
send 41 100
delete_until 60
ikewatch_start ${DEBUG_ARGS:-}
wait_for 30 position_is 100 || fail "not read behind the deleted records: $(position)"
check "deleted records are a gap with its numbers" test "$(gaps)" = '40 60 deleted by retention before they were read'
check "and are counted" test "$(metric ikewatch_gap_records_total) $(metric 'ikewatch_gaps_total{reason="deleted"}')" = '20 1'
check "and are said with the remedy" grep -q 'ingest.gap.*from=40 to=60 records=20.*remedy=' "$TEST_DIR/ikewatch/log"
check "what is there is stored once" test "$(sql 'SELECT sum(lines) FROM ikewatch.device')" = 80

# The topic is made anew while the process runs, and holds less than what was read.
topic_delete
topic_again 1
send 1 30
wait_for 60 position_is 30 || fail "the new topic is not read: $(position); $(tail -n 5 "$TEST_DIR/ikewatch/log")"
check "a topic made anew is a gap" eval 'gaps | grep -q "^100 0 the topic was deleted and made anew"'
check "and is counted" test "$(metric 'ikewatch_gaps_total{reason="anew"}')" = 1
check "its device began anew" eval 'wait_for 30 grep -q "ingest.moved device=\"*vedge01.*from=-1" "$TEST_DIR/ikewatch/log"'

# The topic is made anew while the process is away, and holds more than what was read.
ikewatch_stop
topic_delete
topic_again 1
send 1001 1100
ikewatch_start --on-gap=stop
unready() { [ "$(curl -sS -m 5 -o /dev/null -w '%{http_code}' "$API/readyz")" = 503 ]; }
check "a longer topic is known by its records, and stops" eval 'wait_for 30 unready'
check "/readyz says what to do" eval 'curl -sS "$API/readyz" | grep -q -e "--on-gap=continue"'
check "and why" eval 'gaps | grep -q "^30 0 the topic was deleted and made anew"'
check "nothing of it is read" position_is 30
check "it is counted" test "$(metric ikewatch_partitions_stopped)" = 1
ikewatch_stop
ikewatch_start --on-gap=continue
wait_for 30 position_is 100 || fail "it is not read from its beginning: $(position)"
check "all of it is read when told to go on" test "$(sql 'SELECT sum(lines) FROM ikewatch.device')" = 100
ikewatch_stop

# A restart without a loss tells of none.
before=$(sql 'SELECT count(*) FROM ikewatch.gap')
ikewatch_start ${DEBUG_ARGS:-}
send 1101 1105
wait_for 30 position_is 105 || fail "no progress: $(position)"
check "a restart without a loss is no gap" test "$(sql 'SELECT count(*) FROM ikewatch.gap')" = "$before"
ikewatch_stop

# Partitions are added while it runs, and a device's records come to another one while an incident of it is open.
ikewatch_start
sed 's/ vedge01 / vedge77 /' "$corpus/t-dpd-timeout-stays-dead/messages" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 0 -k vedge77
open() { sql "SELECT count(*) FROM ikewatch.incident AS i JOIN ikewatch.device AS d USING (device_id) WHERE d.name = 'vedge77' AND ended IS NULL"; }
open_is() { [ "$(open)" = "$1" ]; }
wait_for 30 open_is 1 || fail "no incident: $(open)"
kafka_admin tools.TopicCommand --alter --topic "$TOPIC" --partitions 3
read_too() { [ "$(sql "SELECT count(*) FROM ikewatch.position WHERE topic = '$TOPIC' AND owner IS NOT NULL")" = 3 ]; }
check "added partitions are read" wait_for 60 read_too
echo "Nov 23 19:00:00 vedge77 charon: 05[IKE] sending keep alive to 203.0.113.9[4500]" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 2 -k vedge77
check "what the device had open is closed" wait_for 30 open_is 0
check "as moved" test "$(sql "SELECT history -> -1 ->> 'closed' FROM ikewatch.incident AS i JOIN ikewatch.device AS d USING (device_id) WHERE d.name = 'vedge77'")" = moved
check "with its outage" test "$(sql "SELECT count(*) FROM ikewatch.outage AS o JOIN ikewatch.device AS d USING (device_id) WHERE d.name = 'vedge77' AND up_at IS NULL")" = 0
check "its tunnel is unknown" test "$(sql "SELECT DISTINCT t.state FROM ikewatch.tunnel AS t JOIN ikewatch.device AS d USING (device_id) WHERE d.name = 'vedge77'")" = unknown
check "it is named on the log" grep -q 'ingest.moved device="*vedge77.*partition=2 from=0 incidents=1' "$TEST_DIR/ikewatch/log"
check "it is counted" test "$(metric ikewatch_devices_moved_total)" = 1
check "/v1/status names it" test "$(curl -fsS "$API/v1/status" | jq -r '.data.moved_devices[] | select(.device == "vedge77") | "\(.from) \(.to)"')" = '0 2'
ikewatch_stop
