-- dead_letter_sent: Kafka has them, or will never take them.
--
-- In      $1 consumer group, $2 topic, $3 partitions and $4 offsets, as arrays of equal length, $5 why they will never be sent, NULL: they were
UPDATE ikewatch.dead_letter AS d
   SET sent_at = CASE WHEN $5::text IS NULL THEN clock_timestamp() END, send_error = $5::text
  FROM unnest($3::integer[], $4::bigint[]) AS s (partition, source_offset)
 WHERE d.consumer_group = $1 AND d.topic = $2 AND d.partition = s.partition AND d.source_offset = s.source_offset
