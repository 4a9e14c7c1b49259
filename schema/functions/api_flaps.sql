-- api_flaps(…) — GET /v1/flaps: flap statistics.
--
-- In      as api_flap_rows; row_order one of group -flaps -outages -downtime_s -near_misses availability
-- Out     one text, the page
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_flaps(group_by text[], from_time timestamptz, to_time timestamptz, tz text,
    device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[], symptom text[], cause text[], blocker text[],
    side text[], confidence text[], defect text[], row_order text, row_limit integer, silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH figure AS (
        SELECT f.*, f.window_ms - f.unknown_ms AS known_ms,
               CASE WHEN f.window_ms > f.unknown_ms
                    THEN greatest(0, 1 - f.downtime_ms::double precision / (f.window_ms - f.unknown_ms)) END AS availability
          FROM ikewatch.api_flap_rows(api_flaps.group_by, api_flaps.from_time, api_flaps.to_time, api_flaps.tz, api_flaps.device,
                   api_flaps.system_ip, api_flaps.peer, api_flaps.tunnel, api_flaps.vpn, api_flaps.symptom, api_flaps.cause,
                   api_flaps.blocker, api_flaps.side, api_flaps.confidence, api_flaps.defect, api_flaps.silent_after, site => api_flaps.site, carrier => api_flaps.carrier) AS f
    ), chosen AS (
        SELECT row_number() OVER (ORDER BY CASE api_flaps.row_order WHEN '-flaps' THEN -f.flaps WHEN '-outages' THEN -f.outages
                                                WHEN '-downtime_s' THEN -f.downtime_ms WHEN '-near_misses' THEN -f.near_misses
                                                WHEN 'availability' THEN f.availability END NULLS LAST,
                                           f.group_key::text, f.bucket) AS n, f.*
          FROM figure AS f
         ORDER BY n
         LIMIT api_flaps.row_limit + 1
    ), written AS (
        SELECT c.n, json_build_object(
                   'group', CASE WHEN c.bucket IS NULL THEN c.group_key
                                 ELSE c.group_key || jsonb_build_object('bucket', ikewatch.api_time(c.bucket)) END,
                   'tunnels', c.tunnels, 'tunnels_affected', c.tunnels_affected, 'flaps', c.flaps, 'outages', c.outages,
                   'near_misses', c.near_misses, 'downtime_s', c.downtime_ms / 1000.0::double precision,
                   'blackout_s', c.blackout_ms / 1000.0::double precision, 'unknown_s', c.unknown_ms / 1000.0::double precision,
                   'excluded_s', 0, 'availability', c.availability,
                   'mttr_s', c.repair_ms / 1000.0::double precision / nullif(c.ended, 0),
                   'mtbf_s', greatest(0, c.known_ms - c.downtime_ms) / 1000.0::double precision / nullif(c.outages, 0),
                   'outage_p50_s', c.p50_ms / 1000, 'outage_p95_s', c.p95_ms / 1000,
                   'longest_outage_s', c.longest_ms / 1000.0::double precision, 'open', c.outages - c.ended) AS body
          FROM chosen AS c
    )
    SELECT ikewatch.api_page(json_agg(w.body ORDER BY w.n) FILTER (WHERE w.n <= api_flaps.row_limit), count(*), api_flaps.row_limit,
               api_flaps.silent_after)
      FROM written AS w;
END;
COMMENT ON FUNCTION ikewatch.api_flaps(text[], timestamptz, timestamptz, text, text[], text[], inet[], text[], integer[], text[], text[],
    text[], text[], text[], text[], text, integer, interval, text[], text[]) IS 'GET /v1/flaps';
