-- position_announce: a row for every partition of the topic.
--
-- In      $1 consumer group, $2 topic, $3 number of partitions
INSERT INTO ikewatch.position (consumer_group, topic, partition)
SELECT $1, $2, n FROM generate_series(0, $3::integer - 1) AS n
    ON CONFLICT DO NOTHING
