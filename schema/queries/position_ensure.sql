-- position_ensure: a row for the partition.
--
-- In      $1 consumer group, $2 topic, $3 partition
INSERT INTO ikewatch.position (consumer_group, topic, partition) VALUES ($1, $2, $3::integer) ON CONFLICT DO NOTHING
