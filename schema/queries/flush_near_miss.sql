-- flush_near_miss: keep near_miss in step with the staged exchanges (those that may be or have been one are always staged), and into
-- stage_miss_bucket the quarters of an hour that this touches, as they were and as they are.
WITH staged AS MATERIALIZED (
    SELECT device_id, exchange_id, tunnel_id, requested, near_miss AND tunnel_id IS NOT NULL AS near_miss FROM pg_temp.stage_exchange
    UNION ALL
    SELECT device_id, exchange_id, tunnel_id, requested, near_miss AND tunnel_id IS NOT NULL FROM pg_temp.stage_outlier
), before AS MATERIALIZED (
    SELECT n.device_id, n.exchange_id, n.tunnel_id, n.requested
      FROM staged AS s
      JOIN ikewatch.near_miss AS n ON n.device_id = s.device_id AND n.exchange_id = s.exchange_id
), gone AS (
    DELETE FROM ikewatch.near_miss AS n
     USING staged AS s
     WHERE n.device_id = s.device_id AND n.exchange_id = s.exchange_id AND NOT s.near_miss
), after AS (
    INSERT INTO ikewatch.near_miss AS t (device_id, exchange_id, tunnel_id, requested)
    SELECT device_id, exchange_id, tunnel_id, requested
      FROM staged
     WHERE near_miss
     ORDER BY device_id, exchange_id
        ON CONFLICT (device_id, exchange_id) DO UPDATE
       SET tunnel_id = EXCLUDED.tunnel_id, requested = EXCLUDED.requested
     WHERE (t.tunnel_id, t.requested) IS DISTINCT FROM (EXCLUDED.tunnel_id, EXCLUDED.requested)
    RETURNING t.device_id, t.exchange_id, t.tunnel_id, t.requested
)
INSERT INTO pg_temp.stage_miss_bucket (device_id, tunnel_id, bucket)
SELECT device_id, tunnel_id, date_bin('15 minutes', requested, 'epoch') FROM before
UNION
SELECT device_id, tunnel_id, date_bin('15 minutes', requested, 'epoch') FROM after
