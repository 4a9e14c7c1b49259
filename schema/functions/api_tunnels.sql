-- api_tunnels(…) — GET /v1/tunnels.
--
-- In      filters as api_match; state: up down never-up unknown silent, NULL: any; row_order: name, -flaps
-- Out     one text, the page
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_tunnels(device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[],
    state text[], row_order text, row_limit integer, silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(json_agg(r.body ORDER BY r.n) FILTER (WHERE r.n <= api_tunnels.row_limit), count(*), api_tunnels.row_limit,
               api_tunnels.silent_after)
      FROM (SELECT row_number() OVER (ORDER BY CASE api_tunnels.row_order WHEN '-flaps' THEN -t.flaps_24h END, t.device_name,
                                               t.tunnel_name, t.tunnel_id) AS n, t.body
              FROM ikewatch.api_tunnel_rows(api_tunnels.device, api_tunnels.system_ip, api_tunnels.peer, api_tunnels.tunnel,
                       api_tunnels.vpn, api_tunnels.silent_after, site => api_tunnels.site, carrier => api_tunnels.carrier) AS t
             WHERE api_tunnels.state IS NULL OR t.state = ANY (api_tunnels.state)
             ORDER BY n
             LIMIT api_tunnels.row_limit + 1) AS r;
END;
COMMENT ON FUNCTION ikewatch.api_tunnels(text[], text[], inet[], text[], integer[], text[], text, integer, interval, text[], text[]) IS 'GET /v1/tunnels';
