#!/bin/sh
# Whatever a producer may put into a partition is answered: transactions that commit, abort or never end, every compression, batches far
# larger than what is fetched at once, tombstones, empty values, records of headers only. Nothing of it is taken for a gap.
. "$(dirname "$0")/lib.sh"
services_up
topic_new "$TOPIC" 1
kafka_java kafka.admin.ConfigCommand --bootstrap-server "$BROKERS" --alter --entity-type topics --entity-name "$TOPIC" \
    --add-config max.message.bytes=20000000 >/dev/null
line='Apr  1 00:24:08 vedge01 charon: 05[IKE] sending keep alive to 203.0.113.9[4500]'

transactions() { "$BUILD_DIR/tests/transactions" "$BROKERS" "$TOPIC" 0 "$@"; }
numbered() { seq "$1" "$2" | sed "s/^/line $line /"; }
lines() { sql "SELECT coalesce(sum(lines), 0) FROM ikewatch.device"; }
lines_are() { [ "$(lines)" = "$1" ]; }
position_is_end() {
    kafka_ends "$BROKERS" "$TOPIC" | { read -r _ end && [ "$(sql "SELECT position FROM ikewatch.position WHERE topic = '$TOPIC'")" = "$end" ]; }
}

ikewatch_start
{ echo begin; numbered 1 50; echo commit; echo begin; numbered 51 90; echo abort; echo begin; numbered 91 100; echo commit; } | transactions
wait_for 30 lines_are 60 || fail "committed records only: $(lines)"
check "the position passes what transactions leave at the end" wait_for 30 position_is_end
{ echo begin; numbered 101 130; echo abort; } | transactions
check "and a tail of aborted records" wait_for 30 position_is_end
check "no aborted record is read" lines_are 60

ikewatch_stop
ikewatch_start
{ echo begin; numbered 131 140; echo commit; } | transactions
wait_for 30 lines_are 70 || fail "after a restart behind aborted records: $(lines)"

# A producer that dies within a transaction holds back what follows until the broker ends it for good.
{ echo begin; numbered 141 150; echo leave; } | transactions transaction.timeout.ms=2000
seq 1 5 | sed "s/^/$line /" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 0
wait_for 60 lines_are 75 || fail "behind a transaction that was never ended: $(lines)"

for codec in gzip snappy lz4 zstd; do
    seq 1 1000 | sed "s/^/$line /" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 0 -z $codec
done
wait_for 60 lines_are 4075 || fail "compressed: $(lines)"
say "ok: every compression is read"

# 60,000 lines as one batch of 8 MB; fetched are at most 1 MB at once.
seq 1 60000 | sed "s/^/$line /" | kcat -P -b "$BROKERS" -t "$TOPIC" -p 0 -z none -X linger.ms=2000 -X batch.num.messages=60000 \
    -X batch.size=16000000 -X message.max.bytes=16000000 -X queue.buffering.max.messages=100000
wait_for 120 lines_are 64075 || fail "a very large batch: $(lines)"
say "ok: a very large batch is read"

{ echo begin; echo "null router1"; echo "empty router2"; echo "headers x"; echo commit; } | transactions
letters() { sql "SELECT reason || ' ' || count(*) || ' ' || count(record_value) FROM ikewatch.dead_letter GROUP BY reason"; }
letters_are() { [ "$(letters)" = "$1" ]; }
wait_for 30 letters_are 'empty 3 1' || fail "tombstones and empty values: $(letters)"
say "ok: a tombstone, an empty value and a record of headers only are dead letters"
check "whose headers are kept" test "$(sql 'SELECT string_agg(record_headers::text, $$ $$) FROM ikewatch.dead_letter')" = '\x0202680278'
check "nothing was taken for a gap" test "$(sql 'SELECT count(*) FROM ikewatch.gap')" = 0
check "the position is at the end" wait_for 30 position_is_end
ikewatch_stop
