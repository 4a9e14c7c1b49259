-- position_ensure: a row for the partition.
--
-- In      $1 consumer group, $2 topic, $3 partition
-- NOT EXISTS: ON CONFLICT alone would wait for a flush that is moving the position of a row that is there.
INSERT INTO ikewatch.position (consumer_group, topic, partition)
SELECT $1, $2, $3::integer
 WHERE NOT EXISTS (SELECT FROM ikewatch.position AS p WHERE p.consumer_group = $1 AND p.topic = $2 AND p.partition = $3::integer)
    ON CONFLICT DO NOTHING
