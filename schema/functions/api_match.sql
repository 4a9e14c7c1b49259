-- api_match(device, system_ip, peer, tunnel, vpn) — the tunnels that a question is about.
--
-- In      each an array of which one must fit; NULL: any. peer: addresses or networks
-- Out     every tunnel id that fits, with the names of the tunnel it stands for (resolved_id: after merges)
-- Reads   tunnel_name
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_match(device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[])
RETURNS TABLE (device_id bigint, tunnel_id bigint, resolved_id bigint, device_name text, device_ip text, tunnel_name text,
               vpn_id integer, local_addr inet, peer_addr inet)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT n.device_id, n.tunnel_id, n.resolved_id, n.device, n.system_ip, n.tunnel, n.vpn_id, n.local, n.peer
      FROM ikewatch.tunnel_name AS n
     WHERE (api_match.device IS NULL OR n.device = ANY (api_match.device))
       AND (api_match.system_ip IS NULL OR n.system_ip = ANY (api_match.system_ip))
       AND (api_match.peer IS NULL OR n.peer <<= ANY (api_match.peer))
       AND (api_match.tunnel IS NULL OR n.tunnel = ANY (api_match.tunnel))
       AND (api_match.vpn IS NULL OR n.vpn_id = ANY (api_match.vpn));
END;
COMMENT ON FUNCTION ikewatch.api_match(text[], text[], inet[], text[], integer[]) IS 'The tunnels that a question is about';
