-- flush_device_source: which partition the staged devices' lines come from, the latest if there are two; a change is a move.
--
-- In      $1 topic, $2 partition
WITH moved AS (
    INSERT INTO ikewatch.device_move (device_id, topic, partition, from_topic, from_partition)
    SELECT t.device_id, $1::text, $2::integer, t.topic, t.partition
      FROM pg_temp.stage_device AS s
      JOIN ikewatch.device_source AS t ON t.device_id = s.device_id
     WHERE (t.topic, t.partition) IS DISTINCT FROM ($1::text, $2::integer)
     ORDER BY t.device_id
        ON CONFLICT DO NOTHING
)
INSERT INTO ikewatch.device_source AS t (device_id, topic, partition)
SELECT s.device_id, $1::text, $2::integer
  FROM pg_temp.stage_device AS s
  LEFT JOIN ikewatch.device_source AS k ON k.device_id = s.device_id
 WHERE (k.topic, k.partition) IS DISTINCT FROM ($1::text, $2::integer)
 ORDER BY s.device_id
    ON CONFLICT (device_id) DO UPDATE
   SET topic = EXCLUDED.topic, partition = EXCLUDED.partition
 WHERE (t.topic, t.partition) IS DISTINCT FROM (EXCLUDED.topic, EXCLUDED.partition)
