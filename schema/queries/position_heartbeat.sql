-- position_heartbeat: still here, maybe on another connection than at the claim: a claimer must find the backend that holds the row.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 epoch, $5 end offset (-1: unknown)
-- Out     one row if the claim still holds: how many devices came from another partition and are to be settled
UPDATE ikewatch.position
   SET heartbeat_at = clock_timestamp(), end_offset = CASE WHEN $5::bigint >= 0 THEN $5::bigint ELSE end_offset END,
       backend_pid = pg_backend_pid(), backend_start = (SELECT a.backend_start FROM pg_stat_get_activity(pg_backend_pid()) AS a)
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer AND epoch = $4::bigint
RETURNING (SELECT count(*) FROM ikewatch.device_move AS m WHERE m.topic = $2 AND m.partition = $3::integer AND NOT m.settled)
