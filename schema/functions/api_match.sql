-- api_match(device, system_ip, peer, tunnel, vpn, site, carrier) — the tunnels that a question is about.
--
-- In      each an array of which one must fit, NULL: any. peer: addresses or networks;
--         site, carrier: as the inventory says of the tunnel of this name
-- Out     every tunnel id that fits, with the tunnel it stands for (resolved_id, names and addresses: after merges); merged: it stands
--         for another. What follows `merged` is of the id's own row
-- Reads   tunnel, device, inventory. Not by the view tunnel_name: its join on a merge's target hides from the planner that no row is lost
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_match(device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[],
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS TABLE (device_id bigint, tunnel_id bigint, resolved_id bigint, device_name text, device_ip text, tunnel_name text,
               vpn_id integer, local_addr inet, peer_addr inet, device_seen timestamptz, merged boolean, conn text,
               identity ikewatch.identity, state ikewatch.tunnel_state, since timestamptz, first_seen timestamptz,
               last_proof timestamptz, next_rekey timestamptz, predicted_down timestamptz, near_misses bigint, incident_id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT n.device_id, n.tunnel_id, n.resolved_id, n.device_name, n.device_ip, n.tunnel_name, n.vpn_id, n.local_addr, n.peer_addr,
           n.device_seen, n.merged, n.conn, n.identity, n.state, n.since, n.first_seen, n.last_proof, n.next_rekey, n.predicted_down, n.near_misses,
           n.incident_id
      FROM (SELECT t.device_id, t.tunnel_id, coalesce(t.merged_into, t.tunnel_id) AS resolved_id, d.name AS device_name,
                   d.system_ip AS device_ip, d.last_seen AS device_seen, t.merged_into IS NOT NULL AS merged,
                   coalesce(r.name, t.name) AS tunnel_name,
                   CASE WHEN r.tunnel_id IS NULL THEN t.vpn_id ELSE r.vpn_id END AS vpn_id,
                   CASE WHEN r.tunnel_id IS NULL THEN t.local ELSE r.local END AS local_addr,
                   CASE WHEN r.tunnel_id IS NULL THEN t.peer ELSE r.peer END AS peer_addr, t.conn, t.identity, t.state, t.since,
                   t.first_seen, t.last_proof, t.next_rekey, t.predicted_down, t.near_misses, t.incident_id
              FROM ikewatch.tunnel AS t
              JOIN ikewatch.device AS d ON d.device_id = t.device_id
              LEFT JOIN ikewatch.tunnel AS r ON r.device_id = t.device_id AND r.tunnel_id = t.merged_into) AS n
     WHERE (api_match.device IS NULL OR n.device_name = ANY (api_match.device))
       AND (api_match.system_ip IS NULL OR n.device_ip = ANY (api_match.system_ip))
       AND (api_match.peer IS NULL OR n.peer_addr <<= ANY (api_match.peer))
       AND (api_match.tunnel IS NULL OR n.tunnel_name = ANY (api_match.tunnel))
       AND (api_match.vpn IS NULL OR n.vpn_id = ANY (api_match.vpn))
       AND ((api_match.site IS NULL AND api_match.carrier IS NULL)
            OR EXISTS (SELECT FROM ikewatch.inventory AS v
                        WHERE v.device = n.device_name AND v.tunnel = n.tunnel_name
                          AND (api_match.site IS NULL OR v.site = ANY (api_match.site))
                          AND (api_match.carrier IS NULL OR v.carrier = ANY (api_match.carrier))));
END;
COMMENT ON FUNCTION ikewatch.api_match(text[], text[], inet[], text[], integer[], text[], text[]) IS 'The tunnels that a question is about';
