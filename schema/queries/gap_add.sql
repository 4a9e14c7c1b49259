-- gap_add: records that Kafka no longer has.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 first offset missing, $5 first offset there again, $6 why
INSERT INTO ikewatch.gap (consumer_group, topic, partition, from_offset, to_offset, reason)
VALUES ($1, $2, $3::integer, $4::bigint, $5::bigint, $6)
    ON CONFLICT DO NOTHING
