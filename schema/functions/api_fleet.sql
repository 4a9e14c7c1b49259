-- api_fleet(stay_down_after, silent_after) — GET /v1/fleet: the screen's head.
--
-- Out     one text: tunnels by state, devices by freshness, open incidents by symptom and cause, flaps and near misses in the last hour and
--         24 h, the ten worst devices and peers of 24 h
-- Reads   tunnel, device, incident (incident_open_idx), outage (outage_down_idx), near_miss_15m
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_fleet(stay_down_after interval, silent_after interval)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH device AS (
        SELECT d.device_id, d.name, d.last_seen, a.as_of,
               coalesce(d.last_seen < a.as_of - api_fleet.silent_after, false) AS silent
          FROM ikewatch.device AS d, (SELECT ikewatch.api_as_of() AS as_of OFFSET 0) AS a -- OFFSET 0: once, not by device
    ), tunnel AS (
        SELECT t.device_id, t.tunnel_id, t.peer, CASE WHEN d.silent THEN 'silent' ELSE t.state::text END AS state
          FROM ikewatch.tunnel AS t
          JOIN device AS d ON d.device_id = t.device_id
         WHERE t.merged_into IS NULL
    ), flap AS (
        SELECT f.* FROM ikewatch.api_flap_counts() AS f
    ), open_incident AS (
        SELECT i.symptom, coalesce(i.cause, 'unknown') AS cause,
               ikewatch.api_known_until(d.last_seen, d.as_of, api_fleet.silent_after) - i.began > api_fleet.stay_down_after AS persistent
          FROM ikewatch.incident AS i
          JOIN device AS d ON d.device_id = i.device_id
         WHERE i.ended IS NULL
    ), missed AS (
        SELECT coalesce(sum(m.near_misses) FILTER (WHERE m.bucket >= now() - interval '1 hour'), 0) AS last_1h,
               coalesce(sum(m.near_misses), 0) AS last_24h
          FROM ikewatch.near_miss_15m AS m
         WHERE m.bucket >= now() - interval '24 hours'
    )
    SELECT ikewatch.api_thing(json_build_object(
        'tunnels', json_build_object('total', (SELECT count(*) FROM tunnel),
                       'up', (SELECT count(*) FROM tunnel AS t WHERE t.state = 'up'),
                       'down', (SELECT count(*) FROM tunnel AS t WHERE t.state = 'down'),
                       'never-up', (SELECT count(*) FROM tunnel AS t WHERE t.state = 'never-up'),
                       'silent', (SELECT count(*) FROM tunnel AS t WHERE t.state = 'silent'),
                       'unknown', (SELECT count(*) FROM tunnel AS t WHERE t.state = 'unknown')),
        'devices', json_build_object('total', (SELECT count(*) FROM device), 'reporting', (SELECT count(*) FROM device AS d WHERE NOT d.silent),
                       'silent', (SELECT count(*) FROM device AS d WHERE d.silent)),
        'open_incidents', json_build_object('total', (SELECT count(*) FROM open_incident),
                       'persistent', (SELECT count(*) FROM open_incident AS i WHERE i.persistent),
                       'by_symptom', coalesce((SELECT json_object_agg(x.symptom, x.n ORDER BY x.n DESC, x.symptom) FROM (
                                         SELECT i.symptom, count(*) AS n FROM open_incident AS i GROUP BY i.symptom) AS x), '{}'),
                       'by_cause', coalesce((SELECT json_object_agg(x.cause, x.n ORDER BY x.n DESC, x.cause) FROM (
                                         SELECT i.cause, count(*) AS n FROM open_incident AS i GROUP BY i.cause) AS x), '{}')),
        'flaps', json_build_object('last_1h', (SELECT coalesce(sum(f.flaps_1h), 0) FROM flap AS f),
                       'last_24h', (SELECT coalesce(sum(f.flaps_24h), 0) FROM flap AS f)),
        'near_misses', json_build_object('last_1h', (SELECT m.last_1h FROM missed AS m), 'last_24h', (SELECT m.last_24h FROM missed AS m)),
        'worst_devices', coalesce((
            SELECT json_agg(json_build_object('device', w.name, 'flaps_24h', w.flaps, 'down', w.down) ORDER BY w.flaps + w.down DESC, w.name)
              FROM (SELECT d.name, coalesce(sum(f.flaps_24h), 0) AS flaps, count(*) FILTER (WHERE t.state IN ('down', 'never-up')) AS down
                      FROM device AS d
                      JOIN tunnel AS t ON t.device_id = d.device_id
                      LEFT JOIN flap AS f ON f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id
                     GROUP BY d.name
                    HAVING coalesce(sum(f.flaps_24h), 0) + count(*) FILTER (WHERE t.state IN ('down', 'never-up')) > 0
                     ORDER BY coalesce(sum(f.flaps_24h), 0) + count(*) FILTER (WHERE t.state IN ('down', 'never-up')) DESC, d.name
                     LIMIT 10) AS w), '[]'),
        'worst_peers', coalesce((
            SELECT json_agg(json_build_object('peer', host(w.peer), 'flaps_24h', w.flaps, 'down', w.down) ORDER BY w.flaps + w.down DESC, w.peer)
              FROM (SELECT t.peer, coalesce(sum(f.flaps_24h), 0) AS flaps, count(*) FILTER (WHERE t.state IN ('down', 'never-up')) AS down
                      FROM tunnel AS t
                      LEFT JOIN flap AS f ON f.device_id = t.device_id AND f.tunnel_id = t.tunnel_id
                     WHERE t.peer IS NOT NULL
                     GROUP BY t.peer
                    HAVING coalesce(sum(f.flaps_24h), 0) + count(*) FILTER (WHERE t.state IN ('down', 'never-up')) > 0
                     ORDER BY coalesce(sum(f.flaps_24h), 0) + count(*) FILTER (WHERE t.state IN ('down', 'never-up')) DESC, t.peer
                     LIMIT 10) AS w), '[]')), api_fleet.silent_after);
END;
COMMENT ON FUNCTION ikewatch.api_fleet(interval, interval) IS 'GET /v1/fleet';
