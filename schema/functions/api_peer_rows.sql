-- api_peer_rows(…) — peers over all devices as the API shows them.
--
-- In      filters as api_match
-- Out     one row a peer's address; causes: of its incidents that were open in the last 30 days
-- Reads   tunnel, device, incident, outage
-- Used by api_peers, api_peer
CREATE OR REPLACE FUNCTION ikewatch.api_peer_rows(device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[],
    silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS TABLE (peer_addr inet, flaps_24h bigint, body json)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH tunnels AS (
        SELECT t.* FROM ikewatch.api_tunnel_rows(api_peer_rows.device, api_peer_rows.system_ip, api_peer_rows.peer, api_peer_rows.tunnel,
                            api_peer_rows.vpn, api_peer_rows.silent_after, site => api_peer_rows.site, carrier => api_peer_rows.carrier) AS t
         WHERE t.peer_addr IS NOT NULL
    ), states AS (
        SELECT s.peer_addr, jsonb_object_agg(s.state, s.n) AS states
          FROM (SELECT t.peer_addr, t.state, count(*) AS n FROM tunnels AS t GROUP BY t.peer_addr, t.state) AS s
         GROUP BY s.peer_addr
    ), causes AS (
        SELECT c.peer_addr, jsonb_object_agg(c.cause, c.n) AS causes, sum(c.open_now) AS open_now
          FROM (SELECT t.peer_addr, coalesce(i.cause, 'unknown') AS cause, count(*) AS n, count(*) FILTER (WHERE i.ended IS NULL) AS open_now
                  FROM tunnels AS t
                  JOIN ikewatch.tunnel_name AS n ON n.device_id = t.device_id AND n.resolved_id = t.tunnel_id
                  JOIN ikewatch.incident AS i ON i.device_id = n.device_id AND i.tunnel_id = n.tunnel_id
                 WHERE i.ended IS NULL OR i.ended > now() - interval '30 days'
                 GROUP BY t.peer_addr, coalesce(i.cause, 'unknown')) AS c
         GROUP BY c.peer_addr
    )
    SELECT p.peer_addr, p.flaps_24h,
           json_build_object('peer', host(p.peer_addr), 'tunnels', p.tunnels, 'devices', p.devices, 'states', s.states,
               'flaps_24h', p.flaps_24h, 'open_incidents', coalesce(c.open_now, 0), 'causes', coalesce(c.causes, '{}'))
      FROM (SELECT t.peer_addr, count(*) AS tunnels, count(DISTINCT t.device_id) AS devices, sum(t.flaps_24h)::bigint AS flaps_24h
              FROM tunnels AS t
             GROUP BY t.peer_addr) AS p
      JOIN states AS s ON s.peer_addr = p.peer_addr
      LEFT JOIN causes AS c ON c.peer_addr = p.peer_addr;
END;
COMMENT ON FUNCTION ikewatch.api_peer_rows(text[], text[], inet[], text[], integer[], interval, text[], text[]) IS 'Peers over all devices as the API shows them';
