-- gap_add: records that Kafka no longer has. Noticed again, it is one gap.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 first offset missing, $5 first offset there again, $6 why
INSERT INTO ikewatch.gap AS t (consumer_group, topic, partition, from_offset, to_offset, reason)
VALUES ($1, $2, $3::integer, $4::bigint, $5::bigint, $6)
    ON CONFLICT (consumer_group, topic, partition, from_offset) DO UPDATE
   SET to_offset = EXCLUDED.to_offset, reason = EXCLUDED.reason, noticed_at = EXCLUDED.noticed_at
 WHERE (t.to_offset, t.reason) IS DISTINCT FROM (EXCLUDED.to_offset, EXCLUDED.reason)
