-- flush_device: the staged devices as they are now, in the way of flush_tunnel. ORDER BY: transactions that meet on a row meet in one order.
WITH changed AS (
    UPDATE ikewatch.device AS t
       SET (name, system_ip, aliases, first_seen, last_seen, lines, skew_ms, time_quality, booted)
         = (s.name, s.system_ip, s.aliases, s.first_seen, s.last_seen, s.lines, s.skew_ms, s.time_quality, s.booted)
      FROM (SELECT * FROM pg_temp.stage_device ORDER BY device_id) AS s
     WHERE t.device_id = s.device_id
       AND (t.name, t.system_ip, t.aliases, t.first_seen, t.last_seen, t.lines, t.skew_ms, t.time_quality, t.booted)
           IS DISTINCT FROM
           (s.name, s.system_ip, s.aliases, s.first_seen, s.last_seen, s.lines, s.skew_ms, s.time_quality, s.booted)
)
INSERT INTO ikewatch.device AS t (device_id, name, system_ip, aliases, first_seen, last_seen, lines, skew_ms, time_quality, booted)
SELECT s.device_id, s.name, s.system_ip, s.aliases, s.first_seen, s.last_seen, s.lines, s.skew_ms, s.time_quality, s.booted
  FROM pg_temp.stage_device AS s
 WHERE NOT EXISTS (SELECT FROM ikewatch.device AS k WHERE k.device_id = s.device_id)
 ORDER BY s.device_id
    ON CONFLICT (device_id) DO UPDATE
   SET (name, system_ip, aliases, first_seen, last_seen, lines, skew_ms, time_quality, booted)
     = (EXCLUDED.name, EXCLUDED.system_ip, EXCLUDED.aliases, EXCLUDED.first_seen, EXCLUDED.last_seen, EXCLUDED.lines, EXCLUDED.skew_ms,
        EXCLUDED.time_quality, EXCLUDED.booted)
