-- flush_device: the staged devices as they are now. ORDER BY: transactions that meet on a row meet in one order.
INSERT INTO ikewatch.device AS t (device_id, name, system_ip, aliases, first_seen, last_seen, lines, skew_ms, time_quality, booted)
SELECT device_id, name, system_ip, aliases, first_seen, last_seen, lines, skew_ms, time_quality, booted
  FROM pg_temp.stage_device
 ORDER BY device_id
    ON CONFLICT (device_id) DO UPDATE
   SET name = EXCLUDED.name, system_ip = EXCLUDED.system_ip, aliases = EXCLUDED.aliases,
       first_seen = EXCLUDED.first_seen, last_seen = EXCLUDED.last_seen, lines = EXCLUDED.lines,
       skew_ms = EXCLUDED.skew_ms, time_quality = EXCLUDED.time_quality, booted = EXCLUDED.booted
 WHERE (t.name, t.system_ip, t.aliases, t.first_seen, t.last_seen, t.lines, t.skew_ms, t.time_quality, t.booted)
       IS DISTINCT FROM
       (EXCLUDED.name, EXCLUDED.system_ip, EXCLUDED.aliases, EXCLUDED.first_seen, EXCLUDED.last_seen, EXCLUDED.lines,
        EXCLUDED.skew_ms, EXCLUDED.time_quality, EXCLUDED.booted)
