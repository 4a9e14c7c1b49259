-- position_release: the owner leaves, if it still is the owner.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 epoch
UPDATE ikewatch.position
   SET owner = NULL, backend_pid = NULL, backend_start = NULL
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer AND epoch = $4::bigint
