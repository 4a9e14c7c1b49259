-- flush_checkpoint: the partition's state at the position after the flush.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 position after the flush
INSERT INTO ikewatch.checkpoint AS t (consumer_group, topic, partition, position, state, config)
SELECT $1::text, $2::text, $3::integer, $4::bigint, state, config
  FROM pg_temp.stage_checkpoint
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE
   SET position = EXCLUDED.position, state = EXCLUDED.state, config = EXCLUDED.config, written_at = now()
