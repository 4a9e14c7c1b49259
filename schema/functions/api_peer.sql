-- api_peer(address, silent_after) — GET /v1/peers/{address}: the peer with its tunnels.
--
-- Out     one text; no row: no tunnel goes there
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_peer(address inet, silent_after interval)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_thing(ikewatch.api_join(p.body, json_build_object('tunnel_list', t.list)), api_peer.silent_after)
      FROM ikewatch.api_peer_rows(NULL, NULL, ARRAY[api_peer.address], NULL, NULL, api_peer.silent_after) AS p
     CROSS JOIN (SELECT json_agg(t.body ORDER BY t.device_name, t.tunnel_name) AS list
                   FROM ikewatch.api_tunnel_rows(NULL, NULL, ARRAY[api_peer.address], NULL, NULL, api_peer.silent_after) AS t) AS t;
END;
COMMENT ON FUNCTION ikewatch.api_peer(inet, interval) IS 'GET /v1/peers/{address}';
