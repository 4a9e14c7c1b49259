-- api_tunnel_rows(device, system_ip, peer, tunnel, vpn, silent_after) — tunnels as the API shows them.
--
-- In      filters as api_match; silent_after  interval  a device without a line for this long is silent, and so are its tunnels
-- Out     one row a tunnel (after merges) with what lists sort and filter by, and its JSON
-- Reads   tunnel, device, inventory, incident, outage
-- Used by api_tunnels, api_device_tunnels, api_tunnel, api_peers
CREATE OR REPLACE FUNCTION ikewatch.api_tunnel_rows(device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[],
    silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS TABLE (device_id bigint, tunnel_id bigint, device_name text, tunnel_name text, peer_addr inet, state text, flaps_24h bigint,
               incident_id bigint, body json)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT m.device_id, m.tunnel_id, m.device_name, m.tunnel_name, m.peer_addr, s.state, coalesce(f.flaps_24h, 0), m.incident_id,
           json_build_object(
               'id', ikewatch.id_text(m.tunnel_id), 'device', m.device_name, 'system_ip', m.device_ip, 'tunnel', m.tunnel_name,
               'vpn', m.vpn_id, 'local', host(m.local_addr), 'peer', host(m.peer_addr), 'site', v.site, 'carrier', v.carrier,
               'circuit_id', v.circuit_id, 'conn', m.conn, 'identity', m.identity,
               'state', s.state, 'last_state', m.state, 'since', ikewatch.api_time(m.since),
               'first_seen', ikewatch.api_time(m.first_seen), 'last_proof', ikewatch.api_time(m.last_proof),
               'next_rekey', ikewatch.api_time(m.next_rekey), 'predicted_down', ikewatch.api_time(m.predicted_down), 'near_misses', coalesce(m.near_misses, 0),
               'incident', ikewatch.id_text(m.incident_id), 'symptom', i.symptom, 'cause', i.cause, 'blocker', i.blocker,
               'confidence', i.confidence, 'flaps_24h', coalesce(f.flaps_24h, 0), 'flaps_7d', coalesce(f.flaps_7d, 0),
               'device_last_seen', ikewatch.api_time(m.device_seen))
      FROM ikewatch.api_match(api_tunnel_rows.device, api_tunnel_rows.system_ip, api_tunnel_rows.peer, api_tunnel_rows.tunnel,
               api_tunnel_rows.vpn, site => api_tunnel_rows.site, carrier => api_tunnel_rows.carrier) AS m
     CROSS JOIN LATERAL (SELECT CASE WHEN m.device_seen < (SELECT ikewatch.api_as_of()) - api_tunnel_rows.silent_after THEN 'silent'
                                     ELSE m.state::text END AS state) AS s
      LEFT JOIN ikewatch.inventory AS v ON v.device = m.device_name AND v.tunnel = m.tunnel_name
      LEFT JOIN ikewatch.incident AS i ON i.device_id = m.device_id AND i.incident_id = m.incident_id
      LEFT JOIN ikewatch.api_flap_counts() AS f ON f.device_id = m.device_id AND f.tunnel_id = m.tunnel_id
     WHERE NOT m.merged;
END;
COMMENT ON FUNCTION ikewatch.api_tunnel_rows(text[], text[], inet[], text[], integer[], interval, text[], text[]) IS 'Tunnels as the API shows them';
