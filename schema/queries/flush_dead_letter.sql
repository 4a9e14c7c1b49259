-- flush_dead_letter: records that could not be read; one that is there already is the same record.
--
-- In      $1 consumer group, $2 topic, $3 partition
INSERT INTO ikewatch.dead_letter (consumer_group, topic, partition, source_offset, reason, detail, record_time, record_key, record_value, value_bytes)
SELECT $1::text, $2::text, $3::integer, source_offset, reason, detail, record_time, record_key, record_value, value_bytes
  FROM pg_temp.stage_dead_letter
    ON CONFLICT DO NOTHING
