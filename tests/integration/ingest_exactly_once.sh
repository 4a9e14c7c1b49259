#!/bin/sh
# Exactly once: a topic read by a process that is killed five times while it grows, and whose database is stopped and started
# meanwhile, ends in the same database content as the topic read undisturbed.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 8
: "${LINES_WANTED:=200000}" "${RATE:=12000}"
lines=$("$top/tests/support/many-devices" "$LINES_WANTED" "$TEST_DIR/fleet")

# A cluster of its own, as it is stopped and started; it must come back on the port that DATABASE_URI names.
postgres=$TEST_DIR/postgres
stop_postgres() { daemon_stop "$postgres" INT 60; }
trap 'stop_postgres; cleanup' EXIT
mkdir -p "$postgres"
postgres_start "$postgres" fast >/dev/null 2>&1 || fail "no database of its own: $(tail -n 5 "$postgres/log")"
sed "s/^127.0.0.1:[*]/127.0.0.1:$(cat "$postgres/port")/" "$postgres/pgpass" | cat - "$PGPASSFILE" >"$TEST_DIR/pgpass"
chmod 600 "$TEST_DIR/pgpass"
PGPASSFILE=$TEST_DIR/pgpass
undisturbed=$DATABASE_URI
DATABASE_URI=$(postgres_uri "$postgres")
port_used() { return 1; } # what the closed connections leave behind in the kernel does not keep the port

committed() { sql "SELECT coalesce(sum(position), 0) FROM ikewatch.position WHERE topic = '$TOPIC'"; }
committed_past() { [ "$(committed)" -ge "$1" ]; }
not_ready() { [ "$(curl -sS -m 5 -o /dev/null -w "%{http_code}" "$API/readyz")" = 503 ]; }

"$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" --rate "$RATE" "$TEST_DIR"/fleet/* >"$TEST_DIR/replay" 2>&1 &
replay=$!
for kill in 1 2 3 4 5; do
    ikewatch_start -G "$TOPIC"
    wait_for 120 committed_past $((lines * kill / 7)) || fail "no progress: $(committed) of $lines before kill $kill"
    ikewatch_kill
    say "killed at $(committed) of $lines"
done
ikewatch_start -G "$TOPIC"
wait_for 120 committed_past $((lines * 6 / 7)) || fail "no progress after the kills: $(committed)"
stop_postgres
check "the process survives the database's end" daemon_alive "$TEST_DIR/ikewatch"
check "and says why it is not ready" eval 'wait_for 30 not_ready'
postgres_start "$postgres" fast >/dev/null 2>&1 || fail "the database does not come back: $(tail -n 5 "$postgres/log")"
wait $replay || fail "replay: $(cat "$TEST_DIR/replay")"
wait_caught_up 120
ikewatch_stop
sql 'SELECT * FROM ikewatch.digest() ORDER BY 1' >"$TEST_DIR/disturbed"
check "every line was sent" grep -q "lines=$lines .*failed=0" "$TEST_DIR/replay"

DATABASE_URI=$undisturbed
ikewatch_start -G "$TOPIC"
wait_caught_up 120
ikewatch_stop
sql 'SELECT * FROM ikewatch.digest() ORDER BY 1' >"$TEST_DIR/undisturbed"
cat "$TEST_DIR/undisturbed"
check "there is something to compare" test "$(awk -F '|' '{ n += $2 } END { print n }' "$TEST_DIR/undisturbed")" -gt 1000
check "the content is the same" diff "$TEST_DIR/undisturbed" "$TEST_DIR/disturbed"
