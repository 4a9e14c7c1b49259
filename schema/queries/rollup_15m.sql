-- rollup_15m: recompute flap_15m from outage for the buckets in stage_bucket. A clock that stepped back may end an outage before it
-- began: it lasted no time, but it happened.
WITH touched AS MATERIALIZED (
    SELECT DISTINCT device_id, tunnel_id, bucket, bucket + interval '15 minutes' AS bucket_end FROM pg_temp.stage_bucket
), extent AS (
    SELECT device_id, tunnel_id, min(bucket) AS lo, max(bucket_end) AS hi FROM touched GROUP BY device_id, tunnel_id
), near AS MATERIALIZED (
    SELECT o.device_id, o.tunnel_id, o.down_at, CASE WHEN o.up_at IS NOT NULL THEN greatest(o.down_at, o.up_at) END AS up_at,
           coalesce(o.blackout_from, o.down_at) AS dark_at, coalesce(o.cause, 'unknown') AS cause
      FROM extent AS e
      JOIN ikewatch.outage AS o
        ON o.device_id = e.device_id AND o.tunnel_id = e.tunnel_id AND greatest(o.down_at, o.up_at) >= e.lo
       AND least(o.down_at, o.blackout_from) < e.hi
), part AS (
    SELECT t.device_id, t.tunnel_id, t.bucket, n.cause, n.down_at >= t.bucket AND n.down_at < t.bucket_end AS began_here, n.up_at,
           n.up_at - n.down_at AS lasted, ikewatch.overlap_ms(n.down_at, n.up_at, t.bucket, t.bucket_end) AS down_ms,
           ikewatch.overlap_ms(n.dark_at, n.up_at, t.bucket, t.bucket_end) AS dark_ms
      FROM touched AS t
      JOIN near AS n ON n.device_id = t.device_id AND n.tunnel_id = t.tunnel_id
), fresh AS MATERIALIZED (
    SELECT device_id, tunnel_id, bucket, cause,
           count(*) FILTER (WHERE began_here) AS outages,
           count(*) FILTER (WHERE began_here AND up_at IS NOT NULL) AS ended,
           count(*) FILTER (WHERE began_here AND lasted <= ikewatch.flap_window()) AS flaps,
           sum(down_ms)::bigint AS downtime_ms,
           sum(dark_ms)::bigint AS blackout_ms,
           coalesce(sum(extract(epoch FROM lasted) * 1000) FILTER (WHERE began_here), 0)::bigint AS repair_ms,
           coalesce(max(extract(epoch FROM lasted) * 1000) FILTER (WHERE began_here), 0)::bigint AS longest_ms
      FROM part
     WHERE began_here OR down_ms > 0 OR dark_ms > 0
     GROUP BY device_id, tunnel_id, bucket, cause
), gone AS (
    DELETE FROM ikewatch.flap_15m AS f
     USING touched AS t
     WHERE f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id AND f.bucket = t.bucket
       AND NOT EXISTS (SELECT FROM fresh AS r
                        WHERE r.device_id = f.device_id AND r.tunnel_id = f.tunnel_id AND r.bucket = f.bucket AND r.cause = f.cause)
)
INSERT INTO ikewatch.flap_15m AS t (device_id, tunnel_id, bucket, cause, outages, ended, flaps, downtime_ms, blackout_ms, repair_ms, longest_ms)
SELECT device_id, tunnel_id, bucket, cause, outages, ended, flaps, downtime_ms, blackout_ms, repair_ms, longest_ms
  FROM fresh
 ORDER BY device_id, tunnel_id, bucket, cause
    ON CONFLICT (device_id, tunnel_id, bucket, cause) DO UPDATE
   SET outages = EXCLUDED.outages, ended = EXCLUDED.ended, flaps = EXCLUDED.flaps, downtime_ms = EXCLUDED.downtime_ms,
       blackout_ms = EXCLUDED.blackout_ms, repair_ms = EXCLUDED.repair_ms, longest_ms = EXCLUDED.longest_ms
 WHERE (t.outages, t.ended, t.flaps, t.downtime_ms, t.blackout_ms, t.repair_ms, t.longest_ms)
       IS DISTINCT FROM
       (EXCLUDED.outages, EXCLUDED.ended, EXCLUDED.flaps, EXCLUDED.downtime_ms, EXCLUDED.blackout_ms, EXCLUDED.repair_ms, EXCLUDED.longest_ms)
