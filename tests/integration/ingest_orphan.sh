#!/bin/sh
# A process is killed while it gives partitions away, and is back as the same static member at once. Kafka starts no rebalance then,
# and nobody has what was being given away (ingest/orphan.h): a member must notice and have the partitions dealt out anew.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 8
: "${LINES_WANTED:=20000}"
lines=$("$top/tests/support/many-devices" "$LINES_WANTED" "$TEST_DIR/fleet")
trap 'for one in first second; do daemon_stop "$TEST_DIR/$one" KILL 10 || :; done; cleanup' EXIT

start_member() { # NAME: members of one host find a free slot each
    mkdir -p "$TEST_DIR/$1"
    daemon_start "$TEST_DIR/$1" "$IKEWATCH" ingest -b "$BROKERS" -t "$TOPIC" -G "$TOPIC" -d "$DATABASE_URI" --state-dir "$TEST_DIR/state"
}
send() { "$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" "$TEST_DIR"/fleet/* >"$TEST_DIR/replay" 2>&1 || fail "replay: $(cat "$TEST_DIR/replay")"; }
committed() { sql "SELECT coalesce(sum(position), 0) FROM ikewatch.position WHERE topic = '$TOPIC'"; }
committed_all() { [ "$(committed)" = "$1" ]; }
blocked() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")" -gt 0 ]; }
owners() { sql "SELECT count(DISTINCT owner) FROM ikewatch.position WHERE topic = '$TOPIC' AND owner IS NOT NULL"; }
two_owners() { [ "$(owners)" = 2 ]; }
revokes() { grep -q kafka.revoked "$TEST_DIR/first/log"; }
let_in() { sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'in-the-way'" >/dev/null; }

"$IKEWATCH" migrate up -d "$DATABASE_URI" >/dev/null 2>&1 || fail "migrate"
start_member first
send
wait_for 60 committed_all "$lines" || fail "the first member reads nothing: $(committed) of $lines"

# What is held up in a flush gives its partitions away slowly: time enough to be killed in it.
PGAPPNAME=in-the-way psql -X -q -d "$DATABASE_URI" -c 'BEGIN; LOCK TABLE ikewatch.position IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(300)' \
    >"$TEST_DIR/in-the-way" 2>&1 &
send
wait_for 30 blocked || fail "no flush is held up"
start_member second
wait_for 30 revokes || fail "the first member is not asked to give anything away: $(tail -n 5 "$TEST_DIR/first/log")"
daemon_stop "$TEST_DIR/first" KILL 10
start_member first
let_in
check "both members read, and every partition is read" wait_for 90 committed_all $((2 * lines))
check "each has some" wait_for 30 two_owners
check "a member has said what it saw" grep -h -m 1 kafka.orphaned "$TEST_DIR/first/log" "$TEST_DIR/second/log"
for one in first second; do
    daemon_stop "$TEST_DIR/$one" TERM 60
    sanitizer_silent "$TEST_DIR/$one/log"
done
check "no records are said to be missing" test "$(sql 'SELECT count(*) FROM ikewatch.gap')" = 0
