-- position_announce: a row for every partition of the topic.
--
-- In      $1 consumer group, $2 topic, $3 number of partitions
-- NOT EXISTS: as in position_ensure.sql.
INSERT INTO ikewatch.position (consumer_group, topic, partition)
SELECT $1, $2, n FROM generate_series(0, $3::integer - 1) AS n
 WHERE NOT EXISTS (SELECT FROM ikewatch.position AS p WHERE p.consumer_group = $1 AND p.topic = $2 AND p.partition = n)
    ON CONFLICT DO NOTHING
