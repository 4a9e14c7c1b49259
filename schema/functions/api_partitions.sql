-- api_partitions() — how far each partition has been read.
--
-- Out     one row a partition of a topic; of several consumer groups, the one that was alive last
--         as_of   its data are complete up to here: the heartbeat of one read to its end, else its watermark; NULL when empty
--         behind  records that are not read yet; owned: touched within 15 s (an owner touches it every 5 s)
-- Reads   position
-- Used by api_as_of, api_freshness, api_status
CREATE OR REPLACE FUNCTION ikewatch.api_partitions()
RETURNS TABLE (topic text, partition integer, "position" bigint, end_offset bigint, behind bigint, owner text, owned boolean,
               epoch bigint, committed_at timestamptz, as_of timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT DISTINCT ON (p.topic, p.partition)
           p.topic, p.partition, p."position", p.end_offset, CASE WHEN p.end_offset IS NOT NULL THEN greatest(p.end_offset - p."position", 0) END,
           p.owner, p.owner IS NOT NULL AND coalesce(p.heartbeat_at >= now() - interval '15 seconds', false), p.epoch, p.committed_at,
           CASE WHEN greatest(p.end_offset, p."position") = 0 THEN NULL
                WHEN p."position" >= p.end_offset THEN coalesce(p.heartbeat_at, p.watermark)
                ELSE p.watermark END
      FROM ikewatch.position AS p
     ORDER BY p.topic, p.partition, p.heartbeat_at DESC NULLS LAST, p.committed_at DESC NULLS LAST, p.consumer_group;
END;
COMMENT ON FUNCTION ikewatch.api_partitions() IS 'How far each partition has been read';
