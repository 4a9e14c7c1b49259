-- api_flap_rows(…) — flap statistics by group and bucket; the numbers behind GET /v1/flaps.
--
-- In      group_by  text[]  of device peer tunnel vpn (the tunnel's), site carrier (the
--         inventory's), symptom cause side (the outage's), and one of 15m hour day week month
--         range [from_time, to_time); tz moves the edges of buckets; filters are arrays of which one must fit, NULL: any
-- Out     one row a group and bucket, dense; group_key holds what was asked of group_by, bucket apart
--         an outage is counted in the bucket in which it went down, its time in those through which it lasted; one that is open lasts
--         until what is known of its device (api_known_until). A tunnel that never was up is down since its first attempt
--         (incident not-established), which is down time but no outage. Near misses have no cause: with such a group they are 0
-- Reads   tunnel, device, inventory, outage (outage_up_idx, outage_down_idx), incident (incident_never_idx), near_miss
-- Used by api_flaps, tests/sql/api_flaps.sql (the same by brute force over transitions)
CREATE OR REPLACE FUNCTION ikewatch.api_flap_rows(group_by text[], from_time timestamptz, to_time timestamptz, tz text,
    device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[], symptom text[], cause text[], blocker text[],
    side text[], confidence text[], defect text[], silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS TABLE (group_key jsonb, bucket timestamptz, tunnels bigint, tunnels_affected bigint, flaps bigint, outages bigint,
               near_misses bigint, window_ms bigint, unknown_ms bigint, downtime_ms bigint, blackout_ms bigint, ended bigint,
               repair_ms bigint, p50_ms double precision, p95_ms double precision, longest_ms bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH asked AS (
        SELECT api_flap_rows.from_time AS lo, api_flap_rows.to_time AS hi, ikewatch.api_as_of() AS as_of,
               ikewatch.flap_window() AS flap_window, u.unit, u.step, extract(epoch FROM u.step) AS step_s,
               CASE WHEN u.unit IN ('15m', 'hour') THEN 'UTC' ELSE api_flap_rows.tz END AS zone,
               'device' = ANY (api_flap_rows.group_by) AS by_device, 'tunnel' = ANY (api_flap_rows.group_by) AS by_tunnel,
               'peer' = ANY (api_flap_rows.group_by) AS by_peer, 'vpn' = ANY (api_flap_rows.group_by) AS by_vpn,
               'symptom' = ANY (api_flap_rows.group_by) AS by_symptom, 'cause' = ANY (api_flap_rows.group_by) AS by_cause,
               'side' = ANY (api_flap_rows.group_by) AS by_side,
               'site' = ANY (api_flap_rows.group_by) AS by_site, 'carrier' = ANY (api_flap_rows.group_by) AS by_carrier,
               api_flap_rows.group_by && ARRAY['device', 'tunnel', 'peer', 'vpn', 'site', 'carrier'] AS by_place,
               api_flap_rows.group_by && ARRAY['symptom', 'cause', 'side'] AS by_event,
               CASE WHEN u.unit IS NULL THEN api_flap_rows.from_time
                    WHEN u.unit = '15m' THEN date_bin('15 minutes', api_flap_rows.from_time, timestamptz '2000-01-01 00:00:00+00')
                    ELSE date_trunc(u.unit, api_flap_rows.from_time, api_flap_rows.tz) END AS origin
          FROM (VALUES (NULL::text, api_flap_rows.to_time - api_flap_rows.from_time), ('15m', interval '15 minutes'),
                       ('hour', interval '1 hour'), ('day', interval '1 day'), ('week', interval '7 days'),
                       ('month', interval '1 month')) AS u (unit, step)
         WHERE u.unit = ANY (api_flap_rows.group_by)
            OR (u.unit IS NULL AND NOT api_flap_rows.group_by && ARRAY['15m', 'hour', 'day', 'week', 'month'])
    ), buckets AS ( -- starts: the edge; lo, hi: cut to the range
        SELECT s.starts, greatest(s.starts, a.lo) AS lo, least(s.next, a.hi) AS hi
          FROM asked AS a
         CROSS JOIN LATERAL (SELECT (a.origin AT TIME ZONE a.zone + k * a.step) AT TIME ZONE a.zone AS starts,
                                    (a.origin AT TIME ZONE a.zone + (k + 1) * a.step) AT TIME ZONE a.zone AS next
                               FROM generate_series(0, CASE WHEN a.unit IS NULL THEN 0
                                        ELSE floor(extract(epoch FROM a.hi - a.origin) / least(a.step_s, 2419200))::integer + 1 END) AS k) AS s
         WHERE s.starts < a.hi AND s.next > s.starts
    ), alias AS ( -- every tunnel asked, and the ids under which rows of it were stored
        SELECT m.device_id, m.tunnel_id, m.resolved_id, m.merged, m.first_seen,
               ikewatch.api_known_until(m.device_seen, a.as_of, api_flap_rows.silent_after) AS until,
               CASE WHEN a.by_device OR a.by_tunnel THEN jsonb_build_object('device', m.device_name) ELSE '{}' END
               || CASE WHEN a.by_tunnel THEN jsonb_build_object('tunnel', m.tunnel_name) ELSE '{}' END
               || CASE WHEN a.by_peer THEN jsonb_build_object('peer', host(m.peer_addr)) ELSE '{}' END
               || CASE WHEN a.by_vpn THEN jsonb_build_object('vpn', m.vpn_id) ELSE '{}' END
               || CASE WHEN a.by_site THEN jsonb_build_object('site', v.site) ELSE '{}' END
               || CASE WHEN a.by_carrier THEN jsonb_build_object('carrier', v.carrier) ELSE '{}' END AS place
          FROM asked AS a
         CROSS JOIN ikewatch.api_match(api_flap_rows.device, api_flap_rows.system_ip, api_flap_rows.peer, api_flap_rows.tunnel,
                                       api_flap_rows.vpn, site => api_flap_rows.site, carrier => api_flap_rows.carrier) AS m
          LEFT JOIN ikewatch.inventory AS v ON (a.by_site OR a.by_carrier) AND v.device = m.device_name AND v.tunnel = m.tunnel_name
    ), outage AS MATERIALIZED ( -- by the range alone: the planner must not look tunnel by tunnel through a year
        SELECT o.*
          FROM ikewatch.outage AS o
         WHERE coalesce(o.blackout_from, o.down_at) < api_flap_rows.to_time
           AND (o.up_at > api_flap_rows.from_time OR o.up_at IS NULL OR o.down_at >= api_flap_rows.from_time)
    ), never AS MATERIALIZED (
        SELECT i.*
          FROM ikewatch.incident AS i
         WHERE i.symptom = 'not-established' AND i.began < api_flap_rows.to_time
           AND (i.ended > api_flap_rows.from_time OR i.ended IS NULL)
    ), down AS ( -- an outage's incident is looked up only when something is asked of it
        SELECT l.resolved_id, l.place, l.until, o.down_at, o.up_at, coalesce(o.blackout_from, o.down_at) AS dark_at,
               true AS outage, o.symptom::text AS symptom, coalesce(o.cause, 'unknown') AS cause, i.side::text AS side,
               i.blocker, i.confidence::text AS confidence, i.defect
          FROM outage AS o
          JOIN alias AS l ON l.device_id = o.device_id AND l.tunnel_id = o.tunnel_id
          LEFT JOIN ikewatch.incident AS i ON i.device_id = o.device_id AND i.incident_id = o.incident_id
                AND ('side' = ANY (api_flap_rows.group_by) OR api_flap_rows.side IS NOT NULL OR api_flap_rows.blocker IS NOT NULL
                     OR api_flap_rows.confidence IS NOT NULL OR api_flap_rows.defect IS NOT NULL)
         UNION ALL
        SELECT l.resolved_id, l.place, l.until, i.began, i.ended, i.began, false, i.symptom::text,
               coalesce(i.cause, 'unknown'), i.side::text, i.blocker, i.confidence::text, i.defect
          FROM never AS i
          JOIN alias AS l ON l.device_id = i.device_id AND l.tunnel_id = i.tunnel_id
    ), event AS ( -- those asked for, with their end, their group and the bucket in which they begin
        SELECT d.resolved_id, d.place, d.outage, d.down_at, d.dark_at, d.up_at,
               coalesce(d.up_at, greatest(d.until, d.down_at)) AS ends,
               d.up_at - d.down_at <= a.flap_window AND d.cause <> 'admin-shutdown' AS flap,
               CASE WHEN a.by_symptom THEN jsonb_build_object('symptom', d.symptom) ELSE '{}' END
               || CASE WHEN a.by_cause THEN jsonb_build_object('cause', d.cause) ELSE '{}' END
               || CASE WHEN a.by_side THEN jsonb_build_object('side', d.side) ELSE '{}' END AS verdict,
               CASE WHEN a.unit IS NULL THEN a.origin
                    WHEN a.unit IN ('15m', 'hour') THEN date_bin(a.step, greatest(d.dark_at, a.lo), a.origin)
                    ELSE date_trunc(a.unit, greatest(d.dark_at, a.lo), api_flap_rows.tz) END AS first
          FROM asked AS a, down AS d
         WHERE (api_flap_rows.symptom IS NULL OR d.symptom = ANY (api_flap_rows.symptom))
           AND (api_flap_rows.cause IS NULL OR d.cause = ANY (api_flap_rows.cause))
           AND (api_flap_rows.blocker IS NULL OR d.blocker = ANY (api_flap_rows.blocker))
           AND (api_flap_rows.side IS NULL OR d.side = ANY (api_flap_rows.side))
           AND (api_flap_rows.confidence IS NULL OR d.confidence = ANY (api_flap_rows.confidence))
           AND (api_flap_rows.defect IS NULL OR d.defect = ANY (api_flap_rows.defect))
    ), bounded AS (
        SELECT e.*, (e.first AT TIME ZONE a.zone + a.step) AT TIME ZONE a.zone AS next
          FROM asked AS a, event AS e
    ), spread AS ( -- an event in each bucket that it touches; most touch one
        SELECT e.*, e.first AS lo, e.next AS hi FROM asked AS a, bounded AS e WHERE a.unit IS NULL OR (e.ends < e.next AND e.down_at < e.next)
         UNION ALL
        SELECT e.*, s.starts, s.next
          FROM asked AS a
          JOIN bounded AS e ON a.unit IS NOT NULL AND NOT (e.ends < e.next AND e.down_at < e.next)
         CROSS JOIN LATERAL (SELECT (e.first AT TIME ZONE a.zone + n * a.step) AT TIME ZONE a.zone AS starts,
                                    (e.first AT TIME ZONE a.zone + (n + 1) * a.step) AT TIME ZONE a.zone AS next
                               FROM generate_series(0, floor(extract(epoch FROM greatest(least(e.ends, a.hi), e.down_at) - e.first)
                                                             / least(a.step_s, 2419200))::integer + 1) AS n) AS s
         WHERE s.starts <= greatest(least(e.ends, a.hi), e.down_at) AND s.starts < a.hi AND s.next > s.starts
    ), piece AS (
        SELECT e.resolved_id, e.place, e.verdict, e.lo AS starts, e.flap, e.up_at, e.ends - e.down_at AS whole,
               e.outage AND e.down_at >= greatest(e.lo, a.lo) AND e.down_at < least(e.hi, a.hi) AS counted,
               ikewatch.overlap_ms(e.down_at, e.ends, greatest(e.lo, a.lo), least(e.hi, a.hi)) AS down_ms,
               ikewatch.overlap_ms(e.dark_at, e.ends, greatest(e.lo, a.lo), least(e.hi, a.hi)) AS dark_ms
          FROM asked AS a, spread AS e
    ), bad AS (
        SELECT p.place, p.verdict, p.starts, count(DISTINCT p.resolved_id) FILTER (WHERE p.down_ms > 0 OR p.counted) AS tunnels_affected,
               count(*) FILTER (WHERE p.counted AND p.flap) AS flaps, count(*) FILTER (WHERE p.counted) AS outages,
               sum(p.down_ms)::bigint AS downtime_ms, sum(p.dark_ms)::bigint AS blackout_ms,
               count(*) FILTER (WHERE p.counted AND p.up_at IS NOT NULL) AS ended,
               sum(extract(epoch FROM p.whole) * 1000) FILTER (WHERE p.counted AND p.up_at IS NOT NULL)::bigint AS repair_ms,
               percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM p.whole)::double precision * 1000)
                   FILTER (WHERE p.counted AND p.up_at IS NOT NULL) AS percentiles,
               max(extract(epoch FROM p.whole) * 1000) FILTER (WHERE p.counted)::bigint AS longest_ms
          FROM piece AS p
         GROUP BY p.place, p.verdict, p.starts
    ), missed AS (
        SELECT l.place, b.starts, count(*) AS near_misses
          FROM asked AS a
          JOIN ikewatch.near_miss AS n ON n.requested >= api_flap_rows.from_time AND n.requested < api_flap_rows.to_time
          JOIN alias AS l ON l.device_id = n.device_id AND l.tunnel_id = n.tunnel_id
          JOIN buckets AS b ON n.requested >= b.lo AND n.requested < b.hi
         WHERE NOT a.by_event
         GROUP BY l.place, b.starts
    ), place AS (
        SELECT k.place FROM alias AS k WHERE NOT k.merged
         UNION
        SELECT '{}'::jsonb FROM asked AS a WHERE NOT a.by_place
         UNION -- devices without a tunnel
        SELECT jsonb_build_object('device', d.name)
          FROM asked AS a, ikewatch.device AS d
         WHERE a.by_device AND NOT (a.by_tunnel OR a.by_peer OR a.by_vpn OR a.by_site OR a.by_carrier) AND api_flap_rows.peer IS NULL
           AND api_flap_rows.tunnel IS NULL AND api_flap_rows.vpn IS NULL
           AND (api_flap_rows.device IS NULL OR d.name = ANY (api_flap_rows.device))
           AND (api_flap_rows.system_ip IS NULL OR d.system_ip = ANY (api_flap_rows.system_ip))
           AND api_flap_rows.site IS NULL AND api_flap_rows.carrier IS NULL
         UNION -- sites and carriers of which no tunnel has logged a line yet
        SELECT CASE WHEN a.by_site THEN jsonb_build_object('site', v.site) ELSE '{}' END
               || CASE WHEN a.by_carrier THEN jsonb_build_object('carrier', v.carrier) ELSE '{}' END
          FROM asked AS a, ikewatch.inventory AS v
         WHERE (a.by_site OR a.by_carrier) AND NOT (a.by_device OR a.by_tunnel OR a.by_peer OR a.by_vpn)
           AND (api_flap_rows.device IS NULL OR v.device = ANY (api_flap_rows.device))
           AND (api_flap_rows.system_ip IS NULL OR v.system_ip = ANY (api_flap_rows.system_ip))
           AND (api_flap_rows.peer IS NULL OR v.peer <<= ANY (api_flap_rows.peer))
           AND (api_flap_rows.tunnel IS NULL OR v.tunnel = ANY (api_flap_rows.tunnel))
           AND (api_flap_rows.vpn IS NULL OR v.vpn_id = ANY (api_flap_rows.vpn))
           AND (api_flap_rows.site IS NULL OR v.site = ANY (api_flap_rows.site))
           AND (api_flap_rows.carrier IS NULL OR v.carrier = ANY (api_flap_rows.carrier))
    ), grid AS (
        SELECT p.place, '{}'::jsonb AS verdict FROM place AS p, asked AS a WHERE NOT a.by_event
         UNION ALL
        SELECT DISTINCT b.place, b.verdict FROM bad AS b, asked AS a WHERE a.by_event
    ), life AS (
        SELECT p.place, b.starts, count(k.tunnel_id) AS tunnels,
               coalesce(sum(ikewatch.overlap_ms(b.lo, b.hi, b.lo, b.hi)) FILTER (WHERE k.tunnel_id IS NOT NULL), 0)::bigint AS window_ms,
               coalesce(sum(ikewatch.overlap_ms(b.lo, b.hi, b.lo, b.hi) - ikewatch.overlap_ms(k.first_seen, k.until, b.lo, b.hi))
                        FILTER (WHERE k.tunnel_id IS NOT NULL), 0)::bigint AS unknown_ms
          FROM place AS p
         CROSS JOIN buckets AS b
          LEFT JOIN alias AS k ON k.place = p.place AND NOT k.merged
         GROUP BY p.place, b.starts
    )
    SELECT g.place || g.verdict, CASE WHEN a.unit IS NOT NULL THEN f.starts END, f.tunnels, coalesce(b.tunnels_affected, 0),
           coalesce(b.flaps, 0), coalesce(b.outages, 0), coalesce(m.near_misses, 0), f.window_ms, f.unknown_ms,
           coalesce(b.downtime_ms, 0), coalesce(b.blackout_ms, 0), coalesce(b.ended, 0), b.repair_ms, b.percentiles[1],
           b.percentiles[2], b.longest_ms
      FROM asked AS a
     CROSS JOIN grid AS g
      JOIN life AS f ON f.place = g.place
      LEFT JOIN bad AS b ON b.place = g.place AND b.verdict = g.verdict AND b.starts = f.starts
      LEFT JOIN missed AS m ON m.place = g.place AND m.starts = f.starts;
END;
COMMENT ON FUNCTION ikewatch.api_flap_rows(text[], timestamptz, timestamptz, text, text[], text[], inet[], text[], integer[], text[], text[],
    text[], text[], text[], text[], interval, text[], text[]) IS 'Flap statistics by group and bucket';
