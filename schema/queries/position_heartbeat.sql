-- position_heartbeat: still here.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 epoch, $5 end offset (-1: unknown)
-- Out     one row if the claim still holds
UPDATE ikewatch.position
   SET heartbeat_at = clock_timestamp(), end_offset = CASE WHEN $5::bigint >= 0 THEN $5::bigint ELSE end_offset END
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer AND epoch = $4::bigint
RETURNING true
