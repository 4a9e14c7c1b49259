#!/bin/sh
# SIGTERM ends within 5 s what it ends: under a backlog, with the database away, silent or not taking bytes, with Kafka away; claims are
# released where the database answers, a second SIGTERM ends at once, and nothing is lost by any of it. Last, `leave`.
. "$(dirname "$0")/lib.sh"
services_up
: "${LINES_WANTED:=120000}"
lines=$("$top/tests/support/many-devices" "$LINES_WANTED" "$TEST_DIR/fleet")

# Services of its own, as they are stopped and frozen.
postgres=$TEST_DIR/postgres
kafka=$TEST_DIR/kafka
shared_brokers=$BROKERS
clean_services() {
    thaw_backends
    daemon_stop "$postgres" INT 60
    daemon_stop "$kafka" KILL 10
}
trap 'clean_services; cleanup' EXIT
mkdir -p "$postgres" "$kafka"
frozen=
backends() { sql "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'ikewatch ingest%'"; }
freeze_backends() {
    frozen=$(backends)
    # shellcheck disable=SC2086
    kill -STOP $frozen
}
thaw_backends() {
    # shellcheck disable=SC2086
    [ -z "$frozen" ] || kill -CONT $frozen 2>/dev/null || :
    frozen=
}
postgres_start "$postgres" fast >/dev/null 2>&1 || fail "no database of its own: $(tail -n 5 "$postgres/log")"
sed "s/^127.0.0.1:[*]/127.0.0.1:$(cat "$postgres/port")/" "$postgres/pgpass" | cat - "$PGPASSFILE" >"$TEST_DIR/pgpass"
chmod 600 "$TEST_DIR/pgpass"
PGPASSFILE=$TEST_DIR/pgpass
DATABASE_URI=$(postgres_uri "$postgres")
postgres_again() ( # what closed connections leave behind in the kernel does not keep the port
    port_used() { return 1; }
    postgres_start "$postgres" fast >/dev/null 2>&1
)

committed() { sql "SELECT coalesce(sum(position), 0) FROM ikewatch.position WHERE topic = '$TOPIC'"; }
committed_past() { [ "$(committed)" -gt "$1" ]; }
owned() { sql "SELECT count(*) FROM ikewatch.position WHERE topic = '$TOPIC' AND owner IS NOT NULL"; }
term() { kill -TERM "$(daemon_pid "$TEST_DIR/ikewatch")"; }
stamp_ms() { date -d "$(grep -m 1 -e "$1" "$TEST_DIR/ikewatch/log" | cut -d ' ' -f 1)" +%s%3N; }
took_at_most() { [ $(($(stamp_ms 'ingest.stopped\|ingest.stop_forced') - $(stamp_ms main.stop))) -le "$1" ]; }
ends() { # WHAT: by the process's own log; a sanitizer's look for leaks behind it takes its time
    wait_for 30 daemon_gone "$TEST_DIR/ikewatch" || fail "$1 does not end"
    check "$1 ends within 5 s" took_at_most 5000
    sanitizer_silent "$TEST_DIR/ikewatch/log"
}

topic_new "$TOPIC" 8
"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" "$TEST_DIR"/fleet/* >"$TEST_DIR/replay" 2>&1
check "every line was sent" grep -q "lines=$lines .*failed=0" "$TEST_DIR/replay"

ikewatch_start
wait_for 60 committed_past 0 || fail "no progress"
term
ends "a process with a backlog"
check "there was a backlog" test "$(committed)" -lt "$lines"
check "its claims are released" test "$(owned)" = 0
before=$(committed)

ikewatch_start
wait_for 60 committed_past "$before" || fail "no progress"
freeze_backends
term
ends "a process whose database is silent"
thaw_backends

ikewatch_start
freeze_backends
term
wait_for 2 grep -q main.stop "$TEST_DIR/ikewatch/log" || fail "it does not say that it stops"
term
check "a process that is told twice ends at once" wait_for 2 daemon_gone "$TEST_DIR/ikewatch"
thaw_backends

ikewatch_start
daemon_stop "$postgres" INT 60
term
ends "a process whose database is away"
postgres_again || fail "the database does not come back: $(tail -n 5 "$postgres/log")"

ikewatch_start
wait_caught_up 120
ikewatch_stop
check "nothing is lost or doubled" test "$(committed) $(sql 'SELECT sum(lines) FROM ikewatch.device')" = "$lines $lines"

leave() { "$IKEWATCH" leave -b "$BROKERS" -t "$TOPIC" -G "$TOPIC" --state-dir "$TEST_DIR/ikewatch/state" "$@"; }
ikewatch_start
status=0
leave >"$TEST_DIR/leave" 2>&1 || status=$?
check "leave refuses a member that runs" eval 'test $status = 1 && grep -q "is running" "$TEST_DIR/leave"'
ikewatch_stop
leave >"$TEST_DIR/leave" 2>&1 || fail "leave: $(cat "$TEST_DIR/leave")"
check "leave removes the member that has stopped" grep -q 'has left the group' "$TEST_DIR/leave"
leave >"$TEST_DIR/leave" 2>&1 || fail "leave: $(cat "$TEST_DIR/leave")"
check "and finds none after that" grep -q 'no member of this host' "$TEST_DIR/leave"

kafka_start "$kafka" >/dev/null 2>&1 || fail "no Kafka of its own: $(tail -n 5 "$kafka/log")"
BROKERS=$(kafka_brokers "$kafka")
topic_new away 2
ikewatch_start -t away
daemon_stop "$kafka" KILL 10
kafka_away() { curl -sS -m 5 "$API/readyz" | grep -q 'no Kafka broker answers'; }
wait_for 30 kafka_away || fail "it does not say that Kafka is away"
term
ends "a process whose Kafka is away"
check "its claims are released all the same" test "$(sql "SELECT count(*) FROM ikewatch.position WHERE topic = 'away' AND owner IS NOT NULL")" = 0
BROKERS=$shared_brokers
