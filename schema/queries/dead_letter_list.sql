-- dead_letter_list: what is kept, in order.
--
-- In      $1 consumer group, $2 topic, $3 reason, $4 partition, $5 first and $6 last offset, each NULL: any; $7 at most so many;
--         $8 false: not what was replayed
-- Out     as dead_letter_unsent; then when it was sent and replayed, and why it was not sent
SELECT d.partition, d.source_offset, d.reason, d.detail, (extract(epoch FROM d.record_time) * 1000)::bigint, d.record_key, d.record_value,
       d.value_bytes, d.record_headers, to_char(d.record_time, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(d.sent_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(d.replayed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), d.send_error
  FROM ikewatch.dead_letter AS d
 WHERE d.consumer_group = $1 AND d.topic = $2 AND d.reason = coalesce($3, d.reason) AND d.partition = coalesce($4::integer, d.partition)
   AND d.source_offset BETWEEN coalesce($5::bigint, 0) AND coalesce($6::bigint, 9223372036854775807)
   AND ($8::boolean OR d.replayed_at IS NULL)
 ORDER BY d.partition, d.source_offset
 LIMIT $7::bigint
