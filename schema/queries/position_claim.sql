-- position_claim: take the partition; waits for whoever holds the row.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 owner
-- Out     epoch, position, offset and hash of the last record stored (NULL: none yet)
UPDATE ikewatch.position
   SET epoch = epoch + 1, owner = $4, backend_pid = pg_backend_pid(), heartbeat_at = clock_timestamp(),
       backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer
RETURNING epoch, position, last_offset, last_hash
