#!/bin/sh
# The API by curl against a real PostgreSQL that SQL filled: answers, refusals, a slow database, a lost connection, a clean end.
. "$(dirname "$0")/lib.sh"
services_up
dir=$TEST_DIR/ikewatch
mkdir -p "$dir"

"$IKEWATCH" migrate up -d "$DATABASE_URI"
sed '/^INSERT INTO ikewatch.cause /,/;$/d' "$top/tests/sql/api.data" | psql -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URI"
daemon_start "$dir" "$IKEWATCH" api -d "$DATABASE_URI" --listen 127.0.0.1:0 --api-port-file "$TEST_DIR/port" --api-threads 2
wait_for 20 test -s "$TEST_DIR/port" || fail "no port: $(cat "$dir/log")"
API=http://127.0.0.1:$(cat "$TEST_DIR/port")
wait_for 20 curl -sf "$API/readyz" || fail "not ready: $(cat "$dir/log")"

got() { # STATUS TYPE PATTERN CURL-ARGUMENT…: is the answer so?
    local status="$1" type="$2" pattern="$3" code
    shift 3
    code=$(curl -sS -m 20 -D "$TEST_DIR/head" -o "$TEST_DIR/body" -w '%{http_code}' "$@")
    [ "$code" = "$status" ] && grep -qi "^content-type: $type" "$TEST_DIR/head" && grep -q -- "$pattern" "$TEST_DIR/body" && return
    warn "$*: $code $(cat "$TEST_DIR/head" "$TEST_DIR/body")"
    return 1
}
json=application/json problem=application/problem+json
range='from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z'

check "fleet" got 200 $json '"never-up" : 1' "$API/v1/fleet"
check "flaps by device" got 200 $json '"group" : {"device": "vedge01"}, "tunnels" : 2, "tunnels_affected" : 2, "flaps" : 2, "outages" : 3' "$API/v1/flaps?group_by=device&$range"
check "a plus in an offset" got 200 $json '"outages" : 3' "$API/v1/flaps?from=2026-03-01T09:00:00+09:00&to=2026-03-02T00:00:00Z"
check "dense hours" test "$(curl -sS "$API/v1/flaps?group_by=hour&limit=1000&$range" | grep -o '"bucket"' | wc -l)" = 24
check "devices" got 200 $json '"vedge03"' "$API/v1/devices"
check "device by system-ip" got 200 $json '"aliases" : \["Avedge01"\]' "$API/v1/devices/4.0.5.1"
check "a device's tunnels" got 200 $json '"ipsec2"' "$API/v1/devices/vedge01/tunnels?state=down"
check "peers" got 200 $json '"peer" : "10.10.10.1"' "$API/v1/peers?peer=10.10.0.0/16"
check "peer" got 200 $json '"tunnel_list"' "$API/v1/peers/10.10.10.2"
check "tunnels" got 200 $json '"more": true' "$API/v1/tunnels?limit=1"
check "tunnel" got 200 $json '"message_id" : 543' "$API/v1/tunnels/vedge01/ipsec1"
check "open incidents" got 200 $json '"id" : "0000000000000067"' "$API/v1/incidents?state=open"
check "incident" got 200 $json '"cause" : "path-loss"' "$API/v1/incidents/0000000000000065"
check "the catalogue's texts" test "$(sql "SELECT count(*) > 0 FROM ikewatch.cause")" = t
check "evidence" got 200 $json '"offset" : 17' "$API/v1/incidents/0000000000000065/evidence"
check "evidence as text" got 200 text/plain 'syslog:3:17:' -H 'Accept: text/plain' "$API/v1/incidents/0000000000000065/evidence"
check "report" got 200 text/markdown '## Asked of the carrier' "$API/v1/incidents/0000000000000065/report"
check "report in Japanese" got 200 text/markdown '## 通信事業者への確認事項' "$API/v1/incidents/0000000000000065/report?lang=ja"
check "no English heading in it" test -z "$(grep '^## [A-Z]' "$TEST_DIR/body")"
check "the report's verb in Japanese" test "$("$IKEWATCH" report incident 0000000000000065 -d "$DATABASE_URI" --lang ja)" = "$(cat "$TEST_DIR/body")"
check "advice in its parts" got 200 $json '"verify" : \["vEdge: `ping vpn 0 10.10.10.1`' "$API/v1/incidents/0000000000000065"
check "the report's verb" test "$("$IKEWATCH" report incident 0000000000000065 -d "$DATABASE_URI" --format md | sha256sum)" = "$(curl -sS "$API/v1/incidents/0000000000000065/report" | sha256sum)"
check "exchanges" got 200 $json '"outcome" : "unanswered"' "$API/v1/exchanges?$range&tunnel=ipsec1"
check "transitions" got 200 $json '"state" : "down"' "$API/v1/transitions?$range"
check "status" got 200 $json '"partitions"' "$API/v1/status"
check "OpenAPI" got 200 $json '"/v1/tunnels/{device}/{tunnel}"' "$API/openapi.json"
check "metrics" got 200 text/plain '^ikewatch_http_requests_total{code="2xx"} [1-9]' "$API/metrics"
check "page" got 200 text/html '<title>ikewatch' "$API/"
check "the page trusts itself only" grep -qi "^content-security-policy: default-src 'self'" "$TEST_DIR/head"

check "unknown parameter" got 400 $problem "did you mean 'group_by'" "$API/v1/flaps?grup_by=device"
check "unknown word" got 400 $problem "did you mean 'open'" "$API/v1/incidents?state=opn"
check "unknown zone" got 400 $problem '"parameter": "tz"' "$API/v1/flaps?tz=Nowhere/City"
check "empty range" got 400 $problem 'the range is empty' "$API/v1/flaps?from=now&to=-1h"
check "unknown device in a filter is an empty list" got 200 $json '"data": \[\]' "$API/v1/tunnels?device=nowhere"
check "SQL in a filter is a name" got 200 $json '"data": \[\]' "$API/v1/tunnels?device=%27%3B%20DROP%20TABLE%20x%3B--"
check "bad encoding" got 400 $problem 'invalid-target' "$API/v1/devices/%ff"
check "no such thing" got 404 $problem 'not-found' "$API/v1/incidents/0000000000000001"
check "no such path" got 404 $problem 'openapi' "$API/v1/nothing"
check "method" got 405 $problem 'method-not-allowed' -X DELETE "$API/v1/fleet"
check "allowed methods" grep -qi '^allow: GET, HEAD, OPTIONS' "$TEST_DIR/head"
check "representation" got 406 $problem 'not-acceptable' -H 'Accept: image/png' "$API/v1/fleet"
check "long target" got 414 $problem 'uri-too-long' "$API/v1/fleet?x=$(head -c 8000 /dev/zero | tr '\0' x)"
check "HEAD" test "$(curl -sS -I -o /dev/null -w '%{http_code}' "$API/v1/fleet")" = 200
check "OPTIONS" test "$(curl -sS -X OPTIONS -o /dev/null -w '%{http_code}' "$API/v1/fleet")" = 204
check "the client's request id" test "$(curl -sS -H 'X-Request-Id: mine-1' -o /dev/null -D - "$API/livez" | grep -ci '^x-request-id: mine-1')" = 1
check "one connection for two requests" test "$(curl -sS -o /dev/null -o /dev/null -w '%{num_connects} ' "$API/v1/fleet" "$API/livez")" = "1 0 "
check "another address is refused" eval '! "$IKEWATCH" api -d "$DATABASE_URI" --listen 0.0.0.0:0 2>"$TEST_DIR/refused"'
check "and says why" grep -q 'only this host may read' "$TEST_DIR/refused"

# Every connection to the database waits for a lock: nobody else does.
mkfifo "$TEST_DIR/lock"
psql -X -q -d "$DATABASE_URI" <"$TEST_DIR/lock" &
locker=$!
exec 5>"$TEST_DIR/lock"
echo 'BEGIN; LOCK TABLE ikewatch.device;' >&5
blocked() { test "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ikewatch-api' AND wait_event_type = 'Lock'")" = "$1"; }
locked() { test "$(sql "SELECT count(*) FROM pg_locks WHERE relation = 'ikewatch.device'::regclass AND mode = 'AccessExclusiveLock' AND granted")" = 1; }
wait_for 20 locked || fail "no lock"
for i in 1 2 3 4; do
    curl -sS -m 60 -o "$TEST_DIR/slow$i" "$API/v1/devices" &
    slow="${slow:-} $!"
done
wait_for 20 blocked 2 || fail "two requests should wait for the lock"
check "probes answer while the database is slow" got 200 $json alive "$API/livez"
check "the page answers while the database is slow" got 200 text/html '<title>ikewatch' "$API/"
echo 'COMMIT;' >&5
exec 5>&-
wait $locker $slow
check "slow answers come all the same" test "$(grep -l '"vedge03"' "$TEST_DIR"/slow? | wc -l)" = 4

sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ikewatch-api'" >/dev/null
check "lost connections are replaced unseen" got 200 $json '"never-up" : 1' "$API/v1/fleet"
check "the end" daemon_stop "$dir" TERM 10
check "no sanitizer's report" sanitizer_silent "$dir/log"
