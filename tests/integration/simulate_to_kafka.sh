#!/bin/sh
# ikewatch simulate → Kafka: what --output writes for each router, in its order, keyed by the router; what it refuses.
. "$(dirname "$0")/lib.sh"
services_up
cd "$TEST_DIR"
topic_new "$TOPIC" 4
fleet="--devices 5 --tunnels 3 --duration 1h --seed 7 --ikev1 0.5 --ipv6 0.5"

simulate() { "$IKEWATCH" simulate $fleet "$@"; }
records() { kcat -C -q -e -b "$BROKERS" -t "$1" -f "$2"; }
lines_of() { sed -n 's/^ikewatch simulate: \([0-9]*\) lines of 5 routers$/\1/p' "$1"; }

simulate --output fleet 2>said
check "a fleet is written" test "$(cat fleet/*/messages | wc -l)" -eq "$(lines_of said)"
simulate -b "$BROKERS" -t "$TOPIC" 2>sent
check "as many lines are sent as were written" test "$(lines_of sent)" -eq "$(lines_of said)"
check "all have arrived" test "$(kafka_ends "$BROKERS" "$TOPIC" | awk '{ n += $2 } END { print n + 0 }')" -eq "$(lines_of said)"
records "$TOPIC" '%k\t%p\t%T\t%s\n' >records
for device in fleet/*; do
    name=$(basename "$device")
    awk -F '\t' -v name="$name" '$1 == name { print $4 }' records >"$name"
    check "$name: its lines in their order" cmp -s "$name" "$device/messages"
    check "$name: in one partition" test "$(awk -F '\t' -v name="$name" '$1 == name { print $2 }' records | sort -u | wc -l)" -eq 1
done
check "no other keys" test "$(cut -f 1 records | sort -u | wc -l)" -eq 5
check "a record's time is its line's" test "$(cut -f 3 records | sort -n | head -n 1)" -eq "$(date -u -d 2026-01-05 +%s)000"

kafka_java org.apache.kafka.tools.TopicCommand --bootstrap-server "$BROKERS" --create --topic "$TOPIC-short" --partitions 1 \
    --config retention.ms=60000
check "a topic that would delete the lines is refused" eval '! simulate -b "$BROKERS" -t "$TOPIC-short" 2>refused'
check "with the remedy" grep -q 'retention.ms=-1' refused
check "before anything is sent" test "$(kafka_ends "$BROKERS" "$TOPIC-short" | awk '{ n += $2 } END { print n + 0 }')" -eq 0
check "a topic that is not there is refused" eval '! simulate -b "$BROKERS" -t "$TOPIC-none" 2>refused'
check "with the remedy, too" grep -q -- '--create --topic' refused
sanitizer_silent said sent refused
