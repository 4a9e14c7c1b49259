-- api_device_rows(device, system_ip, silent_after, site) — devices as the API shows them.
--
-- In      filters: arrays of which one must fit, NULL: any
-- Out     one row a device with what lists sort by, and its JSON; state: reporting or silent
-- Reads   device, tunnel, incident, outage, inventory
-- Used by api_devices, api_device
CREATE OR REPLACE FUNCTION ikewatch.api_device_rows(device text[], system_ip text[], silent_after interval,
    site text[] DEFAULT NULL)
RETURNS TABLE (device_name text, flaps_24h bigint, body json)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT d.name, coalesce(f.flaps_24h, 0),
           json_build_object(
               'id', ikewatch.id_text(d.device_id), 'device', d.name, 'system_ip', d.system_ip,
               'aliases', coalesce(to_json(d.aliases), '[]'), 'site', (SELECT min(v.site) FROM ikewatch.inventory AS v WHERE v.device = d.name),
               'state', CASE WHEN s.silent THEN 'silent' ELSE 'reporting' END,
               'first_seen', ikewatch.api_time(d.first_seen), 'last_seen', ikewatch.api_time(d.last_seen),
               'clock_skew_s', d.skew_ms / 1000.0::double precision, 'time_quality', d.time_quality, 'booted', ikewatch.api_time(d.booted),
               'lines', coalesce(d.lines, 0), 'tunnels', coalesce(t.states, '{}'), 'open_incidents', coalesce(i.open_incidents, 0),
               'flaps_24h', coalesce(f.flaps_24h, 0))
      FROM ikewatch.device AS d
     CROSS JOIN LATERAL (SELECT coalesce(d.last_seen < (SELECT ikewatch.api_as_of()) - api_device_rows.silent_after, false) AS silent) AS s
      LEFT JOIN LATERAL (SELECT jsonb_object_agg(x.state, x.tunnels) AS states
                           FROM (SELECT CASE WHEN s.silent THEN 'silent' ELSE t.state::text END AS state, count(*) AS tunnels
                                   FROM ikewatch.tunnel AS t
                                  WHERE t.device_id = d.device_id AND t.merged_into IS NULL
                                  GROUP BY 1) AS x) AS t ON true
      LEFT JOIN (SELECT i.device_id, count(*) AS open_incidents FROM ikewatch.incident AS i WHERE i.ended IS NULL GROUP BY i.device_id) AS i
             ON i.device_id = d.device_id
      LEFT JOIN (SELECT f.device_id, sum(f.flaps_24h)::bigint AS flaps_24h FROM ikewatch.api_flap_counts() AS f GROUP BY f.device_id) AS f
             ON f.device_id = d.device_id
     WHERE (api_device_rows.device IS NULL OR d.name = ANY (api_device_rows.device))
       AND (api_device_rows.system_ip IS NULL OR d.system_ip = ANY (api_device_rows.system_ip))
       AND (api_device_rows.site IS NULL OR EXISTS (SELECT FROM ikewatch.inventory AS v
                                                     WHERE v.device = d.name AND v.site = ANY (api_device_rows.site)));
END;
COMMENT ON FUNCTION ikewatch.api_device_rows(text[], text[], interval, text[]) IS 'Devices as the API shows them';
