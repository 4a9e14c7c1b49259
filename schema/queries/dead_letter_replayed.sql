-- dead_letter_replayed: they are in their topic once more.
--
-- In      $1 consumer group, $2 topic, $3 partitions and $4 offsets, as arrays of equal length
UPDATE ikewatch.dead_letter AS d
   SET replayed_at = clock_timestamp()
  FROM unnest($3::integer[], $4::bigint[]) AS s (partition, source_offset)
 WHERE d.consumer_group = $1 AND d.topic = $2 AND d.partition = s.partition AND d.source_offset = s.source_offset
