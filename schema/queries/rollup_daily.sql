-- rollup_daily: recompute flap_daily from flap_15m for the UTC days of the buckets in stage_bucket.
WITH touched AS MATERIALIZED (
    SELECT DISTINCT device_id, tunnel_id, (bucket AT TIME ZONE 'UTC')::date AS day FROM pg_temp.stage_bucket
), fresh AS MATERIALIZED (
    SELECT t.device_id, t.tunnel_id, t.day, f.cause,
           sum(f.outages)::bigint AS outages,
           sum(f.ended)::bigint AS ended,
           sum(f.flaps)::bigint AS flaps,
           sum(f.downtime_ms)::bigint AS downtime_ms,
           sum(f.blackout_ms)::bigint AS blackout_ms,
           sum(f.repair_ms)::bigint AS repair_ms,
           max(f.longest_ms) AS longest_ms
      FROM touched AS t
      JOIN ikewatch.flap_15m AS f
        ON f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id AND f.bucket >= t.day::timestamp AT TIME ZONE 'UTC'
       AND f.bucket < (t.day + 1)::timestamp AT TIME ZONE 'UTC'
     GROUP BY t.device_id, t.tunnel_id, t.day, f.cause
), gone AS (
    DELETE FROM ikewatch.flap_daily AS f
     USING touched AS t
     WHERE f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id AND f.day = t.day
       AND NOT EXISTS (SELECT FROM fresh AS r
                        WHERE r.device_id = f.device_id AND r.tunnel_id = f.tunnel_id AND r.day = f.day AND r.cause = f.cause)
)
INSERT INTO ikewatch.flap_daily AS t (device_id, tunnel_id, day, cause, outages, ended, flaps, downtime_ms, blackout_ms, repair_ms, longest_ms)
SELECT device_id, tunnel_id, day, cause, outages, ended, flaps, downtime_ms, blackout_ms, repair_ms, longest_ms
  FROM fresh
 ORDER BY device_id, tunnel_id, day, cause
    ON CONFLICT (device_id, tunnel_id, day, cause) DO UPDATE
   SET outages = EXCLUDED.outages, ended = EXCLUDED.ended, flaps = EXCLUDED.flaps, downtime_ms = EXCLUDED.downtime_ms,
       blackout_ms = EXCLUDED.blackout_ms, repair_ms = EXCLUDED.repair_ms, longest_ms = EXCLUDED.longest_ms
 WHERE (t.outages, t.ended, t.flaps, t.downtime_ms, t.blackout_ms, t.repair_ms, t.longest_ms)
       IS DISTINCT FROM
       (EXCLUDED.outages, EXCLUDED.ended, EXCLUDED.flaps, EXCLUDED.downtime_ms, EXCLUDED.blackout_ms, EXCLUDED.repair_ms, EXCLUDED.longest_ms)
