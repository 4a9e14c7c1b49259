# lib.sh: for integration tests written in sh. Run under with-services (ctest does), else it starts services of its own.
#
#   . "$(dirname "$0")/lib.sh"
#   services_up                                # BROKERS DATABASE_URI TOPIC TEST_DIR IKEWATCH are set from here on
#   topic_new "$TOPIC" 4
#   ikewatch_start; …; ikewatch_stop           # `ikewatch serve` on a free port: $API
#   check "what is claimed" test "$(sql 'SELECT count(*) FROM ikewatch.device')" = 3
#
# Whatever was started is ended by pid when the script ends, however it ends.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${BUILD_DIR:=$top/build/debug}"
. "$top/tests/integration/services.sh"
. "$top/deploy/lib/ikewatch.sh"
IKEWATCH=$BUILD_DIR/ikewatch
own_services=

cleanup() {
    local status=$?
    trap - EXIT
    [ -z "${TEST_DIR:-}" ] || daemon_stop "$TEST_DIR/ikewatch" KILL 10 || :
    [ -z "$own_services" ] || services_stop
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

services_up() {
    [ -z "${DATABASE_URI:-}" ] || return 0
    if [ ! -e "$services_env" ]; then
        own_services=yes
        services_start
    fi
    . "$services_env"
    TOPIC=$(services_topic "$(basename "$0" .sh)")
    TEST_DIR=$BUILD_DIR/integration/$(basename "$0" .sh)
    rm -rf "$TEST_DIR"
    mkdir -p "$TEST_DIR"
    DATABASE_URI=$(services_fresh "$(basename "$0" .sh)")
}

database_new() { services_fresh "$1"; } # NAME: an empty one more; its URI
topic_new() { kafka_topic "$BROKERS" "$@"; } # NAME [PARTITIONS]
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$DATABASE_URI" -c "$1"; }

# ikewatch_start [OPTION…]: serve, ready to be asked at $API. Of equal options the last counts. The group is the test's own: static
# members of one name would put each other out.
ikewatch_start() {
    local dir="$TEST_DIR/ikewatch"
    mkdir -p "$dir/state"
    echo "127.0.0.1:$(free_port)" >"$dir/listen"
    daemon_start "$dir" "$IKEWATCH" serve -b "$BROKERS" -t "$TOPIC" -G "$TOPIC" -d "$DATABASE_URI" --listen "$(cat "$dir/listen")" \
        --state-dir "$dir/state" "$@"
    wait_for 60 serve_settled "$dir" || :
    serve_ready "$dir" || fail "ikewatch serve is not ready: $(tail -n 20 "$dir/log")"
    API=$(serve_url "$dir")
}
ikewatch_stop() {
    daemon_stop "$TEST_DIR/ikewatch" TERM 60
    sanitizer_silent "$TEST_DIR/ikewatch/log"
}
ikewatch_kill() { daemon_stop "$TEST_DIR/ikewatch" KILL 10; }

# Every record of the topic committed? wait_caught_up [SECONDS]
wait_caught_up() {
    kafka_ends "$BROKERS" "$TOPIC" >"$TEST_DIR/ends"
    wait_for "${1:-60}" serve_caught_up "$API" "$TOPIC" "$TEST_DIR/ends" ||
        fail "not caught up: $(curl -sS -m 5 "$API/v1/status"); wanted: $(tr '\n' ';' <"$TEST_DIR/ends")"
}

fail() {
    warn "FAILED: $*"
    exit 1
}
check() { # WHAT COMMAND…
    local what="$1"
    shift
    "$@" || fail "$what"
    say "ok: $what"
}
sanitizer_silent() { # LOG…
    ! grep -E -A 20 'ERROR: (Address|Leak|Thread)Sanitizer|runtime error:' "$@" || fail "a sanitizer's report"
}
