-- position_evict: end the backend of the owner that the row names, and the one whose transaction holds the row.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 epoch of the claim meant, NULL: any
-- Out     pid of the backend and whether it is gone
-- The two differ after the owner has connected anew: what its flush says of itself cannot be seen before the COMMIT, but xmax can.
-- MATERIALIZED: in one query level the planner may end backends first and ask which ones were meant afterwards.
WITH holder AS MATERIALIZED (
    SELECT a.pid
      FROM ikewatch.position AS p
      JOIN pg_stat_activity AS a ON (a.pid = p.backend_pid AND a.backend_start = p.backend_start) OR a.backend_xid = p.xmax
     WHERE p.consumer_group = $1 AND p.topic = $2 AND p.partition = $3::integer AND a.pid <> pg_backend_pid()
       AND p.epoch = coalesce($4::bigint, p.epoch)
)
SELECT pid, pg_terminate_backend(pid, 5000) FROM holder
