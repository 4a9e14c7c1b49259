#!/bin/sh
# serve, ingest and api become ready, tell metrics, and end with 0 when asked to; a part that cannot start ends them with 1.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 2
address=127.0.0.1:$(free_port)
url=http://$address

is_ready() { curl -fsS -m 5 -o /dev/null "$url/readyz"; }
ends_well() { # NAME COMMAND…: in the background until ready, then SIGTERM
    name=$1
    shift
    "$@" >"$TEST_DIR/$name" 2>&1 &
    verb=$!
    wait_for 60 is_ready || { kill -KILL $verb; fail "$name is not ready: $(tail -n 20 "$TEST_DIR/$name")"; }
    check "$name tells its metrics" eval 'curl -fsS -m 5 "$url/metrics" | grep -q "^ikewatch_build_info"'
    kill -TERM $verb
    status=0
    wait $verb || status=$?
    check "$name ends well" test $status = 0
    check "$name says why it ends" grep -q "main.stop signal=15" "$TEST_DIR/$name"
    sanitizer_silent "$TEST_DIR/$name"
}
kafka="-b $BROKERS -t $TOPIC --state-dir $TEST_DIR"

ends_well serve "$IKEWATCH" serve $kafka -d "$DATABASE_URI" --listen "$address"
check "serve migrated" test "$(sql 'SELECT count(*) FROM ikewatch.device')" = 0
ends_well ingest "$IKEWATCH" ingest $kafka -d "$DATABASE_URI" --ops "$address"
ends_well api "$IKEWATCH" api -d "$DATABASE_URI" --listen "$address"

status=0
"$IKEWATCH" serve $kafka -d "postgresql://nobody@127.0.0.1:1/none" --listen "$address" >"$TEST_DIR/none" 2>&1 || status=$?
check "serve without a database fails" test $status = 1
check "and says what to look at" grep -q "remedy=" "$TEST_DIR/none"
