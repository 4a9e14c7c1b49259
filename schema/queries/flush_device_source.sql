-- flush_device_source: which partition the staged devices' lines come from, the latest if there are two.
--
-- In      $1 topic, $2 partition
INSERT INTO ikewatch.device_source AS t (device_id, topic, partition)
SELECT device_id, $1::text, $2::integer
  FROM pg_temp.stage_device
 ORDER BY device_id
    ON CONFLICT (device_id) DO UPDATE
   SET topic = EXCLUDED.topic, partition = EXCLUDED.partition
 WHERE (t.topic, t.partition) IS DISTINCT FROM (EXCLUDED.topic, EXCLUDED.partition)
