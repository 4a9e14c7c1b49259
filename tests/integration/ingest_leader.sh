#!/bin/sh
# Leaders change: one of two brokers is killed while records come in and are read, so that half of the partitions get another leader;
# it comes back, and they are given back to it. What is stored then is what an undisturbed reader stores.
. "$(dirname "$0")/lib.sh"
services_up
: "${LINES_WANTED:=120000}" "${RATE:=5000}"
lines=$("$top/tests/support/many-devices" "$LINES_WANTED" "$TEST_DIR/fleet")
first=$TEST_DIR/kafka-1 second=$TEST_DIR/kafka-2
stop_both() { for kafka in "$second" "$first"; do daemon_stop "$kafka" KILL 10 || :; done; }
trap 'stop_both; cleanup' EXIT
KAFKA_PROPERTIES='offsets.topic.replication.factor=2
default.replication.factor=2
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.leader.rebalance.enable=false'
tool() { # CLASS ARGUMENT…
    local class="$1"
    shift
    kafka_java "org.apache.kafka.tools.$class" --bootstrap-server "$(kafka_brokers "$first")" "$@"
}

# The second broker of the quorum of the first; it keeps its port.
start_second() {
    daemon_start "$second" env CLASSPATH="$KAFKA_JARS/*" java $KAFKA_JAVA kafka.Kafka "$second/server.properties" || :
    wait_for 60 kafka_ready "$second" || fail "no second broker: $(tail -n 5 "$second/log")"
}
make_second() {
    mkdir -p "$second"
    free_port "" >"$second/port"
    kafka_properties "$second" "$(cat "$second/port")" "$(cat "$first/controller-port")" |
        sed 's/^process.roles=.*/process.roles=broker/; s/^node.id=.*/node.id=2/; s/^\(listeners=.*\),CONTROLLER:.*/\1/' >"$second/server.properties"
    kafka_java kafka.tools.StorageTool format -t "$(sed -n 's/^cluster.id=//p' "$first/data/meta.properties")" -c "$second/server.properties"
    start_second
}
leaders() { tool TopicCommand --describe --topic "$TOPIC" | sed -n 's/.*Leader: \([0-9]*\).*/\1/p' | sort | uniq -c | tr -s ' \n' ' '; }
leaders_are() { [ "$(leaders)" = "$1" ]; }
in_sync() { [ "$(tool TopicCommand --describe --under-replicated-partitions | grep -c Partition:)" = 0 ]; }
committed_past() { [ "$(sql "SELECT coalesce(sum(position), 0) FROM ikewatch.position WHERE topic = '$TOPIC'")" -ge "$1" ]; }

kafka_start "$first" >"$TEST_DIR/first" 2>&1 || fail "no first broker: $(tail -n 5 "$TEST_DIR/first")"
make_second >"$TEST_DIR/second" 2>&1 || fail "no second broker: $(tail -n 5 "$TEST_DIR/second")"
BROKERS=$(kafka_brokers "$first"),$(kafka_brokers "$second")
tool TopicCommand --create --topic "$TOPIC" --partitions 8 --replication-factor 2 >/dev/null
check "each broker leads one half" leaders_are " 4 1 4 2 "

ikewatch_start
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" --rate "$RATE" "$TEST_DIR"/fleet/* >"$TEST_DIR/replay" 2>&1 &
replay=$!
wait_for 120 committed_past $((lines / 6)) || fail "no progress"
daemon_stop "$second" KILL 10
check "the other has taken over" wait_for 60 leaders_are " 8 1 "
wait_for 120 committed_past $((lines / 2)) || fail "no progress without the second broker"
start_second
check "the second has caught up" wait_for 60 in_sync
tool LeaderElectionCommand --election-type preferred --all-topic-partitions >/dev/null
check "and leads its half again" leaders_are " 4 1 4 2 "
wait $replay || fail "replay: $(cat "$TEST_DIR/replay")"
check "every line was sent" grep -q "lines=$lines .*failed=0" "$TEST_DIR/replay"
wait_caught_up 120
check "nobody asked for a restart" daemon_alive "$TEST_DIR/ikewatch"
ikewatch_stop
sql 'SELECT * FROM ikewatch.digest() ORDER BY 1' >"$TEST_DIR/disturbed"
check "no records are said to be missing" test "$(sql 'SELECT count(*) FROM ikewatch.gap')" = 0

DATABASE_URI=$(database_new "$(basename "$0" .sh)_undisturbed")
ikewatch_start -G "$TOPIC-undisturbed"
wait_caught_up 120
ikewatch_stop
sql 'SELECT * FROM ikewatch.digest() ORDER BY 1' >"$TEST_DIR/undisturbed"
check "there is something to compare" test "$(awk -F '|' '{ n += $2 } END { print n }' "$TEST_DIR/undisturbed")" -gt 1000
check "the content is the same" diff "$TEST_DIR/undisturbed" "$TEST_DIR/disturbed"
