#!/bin/sh
# The database refuses, locks, hangs, is read-only, full, gone: reading waits, says why in words, and goes on by itself; the content is that
# of a reading that nothing disturbed.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 4
: "${LINES_WANTED:=40000}"
lines=$("$top/tests/support/many-devices" "$LINES_WANTED" "$TEST_DIR/fleet")
part() { ls "$TEST_DIR"/fleet/* | awk -v part="$1" 'NR % 8 == part'; }
feed() { "$IKEWATCH" replay -b "$BROKERS" -t "$TOPIC" $(part "$1") >/dev/null; }

readyz() { curl -sS -m 5 "$API/readyz" >"$TEST_DIR/readyz" 2>&1 || :; }
says() { readyz; grep -q -- "$1" "$TEST_DIR/readyz"; }
unready() { readyz; [ "$(curl -sS -m 5 -o /dev/null -w '%{http_code}' "$API/readyz")" = 503 ]; }
ready() { curl -fsS -m 5 -o /dev/null "$API/readyz"; }
wait_says() { wait_for 60 says "$1" || fail "not said: $1; but: $(cat "$TEST_DIR/readyz"); $(tail -n 5 "$TEST_DIR/ikewatch/log")"; say "ok: says $1"; }
wait_unready() { wait_for 60 unready || fail "still ready"; }
wait_again() { wait_for 60 ready || fail "not ready again: $(cat "$TEST_DIR/readyz")"; wait_caught_up 120; say "ok: goes on after $1"; }

"$IKEWATCH" migrate up -d "$DATABASE_URI"
sql "CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION '%', TG_ARGV[1] USING ERRCODE = TG_ARGV[0]; END \$\$"
fault() { sql "CREATE OR REPLACE TRIGGER fault BEFORE INSERT ON ikewatch.device FOR EACH STATEMENT EXECUTE FUNCTION public.fault('$1', '$2')"; }
mend() { sql "DROP TRIGGER fault ON ikewatch.device"; }
database=$(sql "SELECT current_database()")
ingest_backends() { sql "SELECT pid FROM pg_stat_activity WHERE datname = '$database' AND application_name LIKE 'ikewatch ingest worker%'"; }

ikewatch_start --database-timeout 3s
feed 0
wait_caught_up 60

# --- it answers, but refuses ---
fault 53100 'could not extend file: No space left on device'
feed 1
wait_says '53100 could not extend file: No space left on device'
wait_unready
mend
wait_again "a full disk"
fault 40P01 'deadlock detected'
feed 2
wait_says '40P01 deadlock detected'
mend
wait_again "a deadlock"
fault 42501 'permission denied for table device'
feed 3
wait_says '42501 permission denied for table device'
check "a person is asked for" grep -q 'ingest.parked .*sqlstate=42501' "$TEST_DIR/ikewatch/log"
mend
wait_for 90 ready || fail "not ready again: $(cat "$TEST_DIR/readyz")"
wait_caught_up 120
say "ok: goes on after a right was granted"

# --- a lock that nobody gives back ---
mkdir -p "$TEST_DIR/lock"
daemon_start "$TEST_DIR/lock" sh -c "echo 'BEGIN; LOCK TABLE ikewatch.device IN EXCLUSIVE MODE; SELECT pg_sleep(600)' | psql -X -q -d '$DATABASE_URI'"
locked() { [ "$(sql "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND granted AND relation = 'ikewatch.device'::regclass")" = 1 ]; }
wait_for 20 locked
feed 4
wait_says '57014 canceling statement due to\|55P03 canceling statement due to'
sql "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE mode = 'ExclusiveLock' AND granted AND relation = 'ikewatch.device'::regclass" >/dev/null
daemon_stop "$TEST_DIR/lock" KILL 10 || :
wait_again "a lock"

# --- read-only, as a standby or a primary that was demoted ---
sql "ALTER DATABASE \"$database\" SET default_transaction_read_only = on"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$database' AND pid <> pg_backend_pid()" >/dev/null
feed 5
wait_says 'no connection to the database: .*read-only'
wait_unready
PGOPTIONS='-c default_transaction_read_only=off' sql "ALTER DATABASE \"$database\" RESET default_transaction_read_only"
wait_again "a read-only database"

# --- a server that says nothing any more ---
frozen=$(ingest_backends)
kill -STOP $frozen
feed 6
said_silent() { grep -q 'no answer from the server within' "$TEST_DIR/ikewatch/log"; }
wait_for 60 said_silent || { kill -CONT $frozen; fail "a silent server is waited for: $(tail "$TEST_DIR/ikewatch/log")"; }
kill -CONT $frozen
wait_again "a server that hung"

feed 7
wait_caught_up 60
rss_kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$(daemon_pid "$TEST_DIR/ikewatch")/status")
say "peak memory: $rss_kb kB"
ikewatch_stop
sql 'SELECT * FROM ikewatch.digest() ORDER BY 1' >"$TEST_DIR/disturbed"
check "every line is there once" test "$(sql 'SELECT sum(lines) FROM ikewatch.device')" -eq "$lines"
check "nothing became a dead letter" test "$(sql 'SELECT count(*) FROM ikewatch.dead_letter')" = 0

DATABASE_URI=$(database_new ingest_database_there)
ikewatch_start
wait_caught_up 120
ikewatch_stop
sql 'SELECT * FROM ikewatch.digest() ORDER BY 1' >"$TEST_DIR/undisturbed"
check "the content is the same" diff "$TEST_DIR/undisturbed" "$TEST_DIR/disturbed"
