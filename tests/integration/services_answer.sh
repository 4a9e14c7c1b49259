#!/bin/sh
# The services themselves: the database is empty and private, the topic keeps what is old, nothing listens but on loopback.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 3

check "the database is empty" test "$(sql "SELECT count(*) FROM pg_namespace WHERE nspname = 'ikewatch'")" = 0
check "a wrong password is refused" eval '! PGPASSFILE=/dev/null PGPASSWORD=wrong psql -X -d "$DATABASE_URI" -c "SELECT 1" 2>/dev/null'
check "the topic has its partitions" test "$(kafka_ends "$BROKERS" "$TOPIC" | wc -l)" -eq 3
topic_new "$TOPIC" 3
check "a topic made twice stays" test "$(kafka_ends "$BROKERS" "$TOPIC" | wc -l)" -eq 3

port_address() { # PORT: the listening addresses, as the kernel writes them
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && $2 ~ port "$" { print $2 }'
}
for service in postgres kafka; do
    check "$service listens on loopback only" eval 'port_address "$(cat "$services/$service/port")" | grep -q . &&
        ! port_address "$(cat "$services/$service/port")" | grep -vE "^(0100007F|0000000000000000FFFF00000100007F):"'
done
