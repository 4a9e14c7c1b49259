-- rollup_miss_15m: recompute near_miss_15m from near_miss for the buckets in stage_miss_bucket.
WITH touched AS MATERIALIZED (
    SELECT DISTINCT device_id, tunnel_id, bucket FROM pg_temp.stage_miss_bucket
), fresh AS MATERIALIZED (
    SELECT t.device_id, t.tunnel_id, t.bucket, count(*) AS near_misses
      FROM touched AS t
      JOIN ikewatch.near_miss AS n
        ON n.device_id = t.device_id AND n.tunnel_id = t.tunnel_id AND n.requested >= t.bucket
       AND n.requested < t.bucket + interval '15 minutes'
     GROUP BY t.device_id, t.tunnel_id, t.bucket
), gone AS (
    DELETE FROM ikewatch.near_miss_15m AS f
     USING touched AS t
     WHERE f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id AND f.bucket = t.bucket
       AND NOT EXISTS (SELECT FROM fresh AS r WHERE r.device_id = f.device_id AND r.tunnel_id = f.tunnel_id AND r.bucket = f.bucket)
)
INSERT INTO ikewatch.near_miss_15m AS t (device_id, tunnel_id, bucket, near_misses)
SELECT device_id, tunnel_id, bucket, near_misses
  FROM fresh
 ORDER BY device_id, tunnel_id, bucket
    ON CONFLICT (device_id, tunnel_id, bucket) DO UPDATE
   SET near_misses = EXCLUDED.near_misses
 WHERE t.near_misses IS DISTINCT FROM EXCLUDED.near_misses
