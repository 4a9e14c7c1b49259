-- dead_letter_unsent: what the topic of dead letters has not got yet, in order.
--
-- In      $1 consumer group, $2 topic, $3 at most so many
-- Out     partition, offset, reason, detail, time of the record in ms, key, value, bytes of the value before the cut, headers
SELECT d.partition, d.source_offset, d.reason, d.detail, (extract(epoch FROM d.record_time) * 1000)::bigint, d.record_key, d.record_value,
       d.value_bytes, d.record_headers
  FROM ikewatch.dead_letter AS d
 WHERE d.consumer_group = $1 AND d.topic = $2 AND d.sent_at IS NULL AND d.send_error IS NULL
 ORDER BY d.partition, d.source_offset
 LIMIT $3::bigint
