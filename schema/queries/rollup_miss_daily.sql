-- rollup_miss_daily: recompute near_miss_daily from near_miss_15m for the UTC days of the buckets in stage_miss_bucket.
WITH touched AS MATERIALIZED (
    SELECT DISTINCT device_id, tunnel_id, (bucket AT TIME ZONE 'UTC')::date AS day FROM pg_temp.stage_miss_bucket
), fresh AS MATERIALIZED (
    SELECT t.device_id, t.tunnel_id, t.day,
           sum(f.near_misses)::bigint AS near_misses
      FROM touched AS t
      JOIN ikewatch.near_miss_15m AS f
        ON f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id AND f.bucket >= t.day::timestamp AT TIME ZONE 'UTC'
       AND f.bucket < (t.day + 1)::timestamp AT TIME ZONE 'UTC'
     GROUP BY t.device_id, t.tunnel_id, t.day
), gone AS (
    DELETE FROM ikewatch.near_miss_daily AS f
     USING touched AS t
     WHERE f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id AND f.day = t.day
       AND NOT EXISTS (SELECT FROM fresh AS r
                        WHERE r.device_id = f.device_id AND r.tunnel_id = f.tunnel_id AND r.day = f.day)
)
INSERT INTO ikewatch.near_miss_daily AS t (device_id, tunnel_id, day, near_misses)
SELECT device_id, tunnel_id, day, near_misses
  FROM fresh
 ORDER BY device_id, tunnel_id, day
    ON CONFLICT (device_id, tunnel_id, day) DO UPDATE
   SET near_misses = EXCLUDED.near_misses
 WHERE (t.near_misses)
       IS DISTINCT FROM
       (EXCLUDED.near_misses)
