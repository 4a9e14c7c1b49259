-- The figures, and the same question asked by brute force: over transitions alone, by looking at each tunnel every minute, which
-- is the grain of the data here.
INSERT INTO ikewatch.device (device_id, name, first_seen, last_seen)
SELECT d, 'vedge0' || d, '2026-03-27 00:00Z', '2026-03-30 12:00Z' FROM generate_series(1, 3) AS d;
INSERT INTO ikewatch.tunnel (device_id, tunnel_id, name, vpn_id, peer, state, first_seen)
SELECT d, d * 10 + t, 'ipsec' || t, t, '10.0.0.1'::inet + t, 'up', timestamptz '2026-03-28 00:00Z' + t * interval '30 minutes'
  FROM generate_series(1, 2) AS d, generate_series(1, 3) AS t;
-- One that turned out to be another, and whose rows keep its own id.
INSERT INTO ikewatch.tunnel (device_id, tunnel_id, name, state, first_seen, merged_into) VALUES (1, 19, 'unknown:10.0.0.2', 'unknown', '2026-03-28 00:30Z', 11);
-- A down every 70 to 170 minutes from 02:00, for nothing to 66 minutes; the last one of each tunnel is still open.
CREATE TEMP TABLE plan AS
SELECT t.device_id, t.tunnel_id, k, abs(hashint8(t.tunnel_id * 1000 + k)) AS h,
       timestamptz '2026-03-28 02:00Z' + k * interval '140 minutes' + abs(hashint8(t.tunnel_id * 1000 + k)) % 70 * interval '1 minute' AS down_at,
       CASE abs(hashint8(k * 77 + t.tunnel_id)) % 4 WHEN 0 THEN 0 WHEN 1 THEN 900 ELSE abs(hashint8(t.tunnel_id + k * 5)) % 66 * 60 END AS seconds
  FROM ikewatch.tunnel AS t, generate_series(0, 20) AS k
 WHERE (t.tunnel_id <> 19 OR k = 3) AND (t.tunnel_id <> 11 OR k <> 3);
INSERT INTO ikewatch.transition (device_id, tunnel_id, at, transition_id, state)
SELECT device_id, tunnel_id, down_at, tunnel_id * 1000 + k * 2, 'down'::ikewatch.tunnel_state FROM plan
 UNION ALL
SELECT device_id, tunnel_id, down_at + seconds * interval '1 second', tunnel_id * 1000 + k * 2 + 1, 'up' FROM plan WHERE k < 20;
INSERT INTO ikewatch.outage (device_id, outage_id, tunnel_id, down_at, up_at, cause, symptom)
SELECT device_id, tunnel_id * 1000 + k, tunnel_id, down_at, CASE WHEN k < 20 THEN down_at + seconds * interval '1 second' END,
       CASE h % 3 WHEN 0 THEN 'path-loss' WHEN 1 THEN 'peer-delete' END, 'down'
  FROM plan;

CREATE FUNCTION brute(group_by text[], lo timestamptz, hi timestamptz, tz text)
RETURNS TABLE (group_key jsonb, bucket timestamptz, outages bigint, flaps bigint, downtime_s bigint, unknown_s bigint, ended bigint, repair_s bigint, longest_s bigint)
LANGUAGE sql AS $$
    WITH moment AS (
        SELECT t.device_id, coalesce(t.merged_into, t.tunnel_id) AS tunnel_id, m.state, m.at, m.transition_id
          FROM ikewatch.transition AS m JOIN ikewatch.tunnel AS t USING (device_id, tunnel_id)
    ), down AS (
        SELECT m.*, (SELECT min(u.at) FROM moment AS u WHERE u.tunnel_id = m.tunnel_id AND u.state = 'up'
                        AND (u.at, u.transition_id) > (m.at, m.transition_id)) AS up_at
          FROM moment AS m WHERE m.state = 'down'
    ), tunnel AS (
        SELECT t.*, d.name AS device, d.last_seen,
               CASE WHEN 'device' = ANY (group_by) OR 'tunnel' = ANY (group_by) THEN jsonb_build_object('device', d.name) ELSE '{}' END
               || CASE WHEN 'tunnel' = ANY (group_by) THEN jsonb_build_object('tunnel', t.name) ELSE '{}' END
               || CASE WHEN 'vpn' = ANY (group_by) THEN jsonb_build_object('vpn', t.vpn_id) ELSE '{}' END AS key
          FROM ikewatch.tunnel AS t JOIN ikewatch.device AS d USING (device_id) WHERE t.merged_into IS NULL
    ), glance AS (
        SELECT s, CASE WHEN 'hour' = ANY (group_by) THEN date_trunc('hour', s, tz) WHEN 'day' = ANY (group_by) THEN date_trunc('day', s, tz)
                       WHEN 'week' = ANY (group_by) THEN date_trunc('week', s, tz) END AS bucket
          FROM generate_series(lo, hi - interval '1 second', interval '1 minute') AS s
    ), time AS (
        SELECT t.key, s.bucket, 60 * count(*) FILTER (WHERE s.s < t.first_seen OR s.s >= t.last_seen) AS unknown_s,
               60 * count(*) FILTER (WHERE EXISTS (SELECT FROM down AS d WHERE d.tunnel_id = t.tunnel_id AND d.at <= s.s AND s.s < coalesce(d.up_at, t.last_seen)))
                   AS downtime_s
          FROM tunnel AS t, glance AS s GROUP BY 1, 2
    ), start AS (
        SELECT t.key, s.bucket, count(*) AS outages, count(*) FILTER (WHERE d.up_at - d.at <= interval '15 minutes') AS flaps, count(d.up_at) AS ended,
               extract(epoch FROM sum(d.up_at - d.at))::bigint AS repair_s, extract(epoch FROM max(coalesce(d.up_at, t.last_seen) - d.at))::bigint AS longest_s
          FROM tunnel AS t JOIN down AS d USING (tunnel_id) JOIN glance AS s ON s.s = d.at GROUP BY 1, 2
    )
    SELECT t.key, t.bucket, coalesce(s.outages, 0), coalesce(s.flaps, 0), t.downtime_s, t.unknown_s, coalesce(s.ended, 0), s.repair_s, s.longest_s
      FROM time AS t LEFT JOIN start AS s ON s.key = t.key AND s.bucket IS NOT DISTINCT FROM t.bucket
$$;
CREATE FUNCTION fast(group_by text[], lo timestamptz, hi timestamptz, tz text)
RETURNS TABLE (group_key jsonb, bucket timestamptz, outages bigint, flaps bigint, downtime_s bigint, unknown_s bigint, ended bigint, repair_s bigint, longest_s bigint)
LANGUAGE sql AS $$
    SELECT f.group_key, f.bucket, f.outages, f.flaps, f.downtime_ms / 1000, f.unknown_ms / 1000, f.ended, f.repair_ms / 1000, f.longest_ms / 1000
      FROM ikewatch.api_flap_rows(group_by, lo, hi, tz, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, interval '15 minutes') AS f
     WHERE f.tunnels > 0
$$;
CREATE TEMP TABLE question (n integer, group_by text[], lo timestamptz, hi timestamptz, tz text);
INSERT INTO question VALUES
    (1, '{}', '2026-03-28 00:00Z', '2026-03-31 00:00Z', 'UTC'), (2, '{tunnel}', '2026-03-28 02:17Z', '2026-03-29 20:03Z', 'UTC'),
    (3, '{device,hour}', '2026-03-28 01:30Z', '2026-03-29 05:10Z', 'Asia/Kolkata'), (4, '{day,tunnel}', '2026-03-28 10:00Z', '2026-03-30 10:00Z', 'Europe/Berlin'),
    (5, '{vpn,device}', '2026-03-28 12:00Z', '2026-03-29 00:00Z', 'UTC'), (6, '{week}', '2026-03-28 12:00Z', '2026-03-30 12:00Z', 'Asia/Tokyo'),
    (7, '{hour}', '2026-03-30 09:00Z', '2026-03-30 15:00Z', 'UTC');
-- No row differs, in either direction; and there is something to compare.
CREATE TEMP TABLE brute_answer AS SELECT q.n, b.* FROM question AS q, LATERAL brute(q.group_by, q.lo, q.hi, q.tz) AS b;
CREATE TEMP TABLE fast_answer AS SELECT q.n, b.* FROM question AS q, LATERAL fast(q.group_by, q.lo, q.hi, q.tz) AS b;
SELECT 'brute' AS only_in, x.* FROM (SELECT * FROM brute_answer EXCEPT SELECT * FROM fast_answer) AS x;
SELECT 'fast' AS only_in, x.* FROM (SELECT * FROM fast_answer EXCEPT SELECT * FROM brute_answer) AS x;
SELECT n, count(*), sum(outages) AS outages, sum(flaps) AS flaps, sum(downtime_s) AS downtime_s, sum(unknown_s) AS unknown_s
  FROM fast_answer GROUP BY n ORDER BY n;
-- By cause: the outages of that cause, dense over the days; the time in which Berlin changed to summer has 23 hours.
SELECT f.group_key, f.bucket, f.outages, f.window_ms / f.tunnels / 3600000 AS hours
  FROM ikewatch.api_flap_rows('{cause,day}', '2026-03-28 00:00+01', '2026-03-31 00:00+02', 'Europe/Berlin', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '15m') AS f
 ORDER BY 1, 2;
-- A device without tunnels has a row of zeros; percentiles are over those that ended.
SELECT f.group_key, f.tunnels, f.outages, round(f.p50_ms) AS p50_ms, round(f.p95_ms) AS p95_ms, f.longest_ms
  FROM ikewatch.api_flap_rows('{device}', '2026-03-28 00:00Z', '2026-03-31 00:00Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '15m') AS f
 ORDER BY 1;
