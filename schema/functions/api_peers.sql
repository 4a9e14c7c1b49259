-- api_peers(…) — GET /v1/peers.
--
-- In      filters as api_match; row_order: name (the address), -flaps
-- Out     one text, the page
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_peers(device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[], row_order text,
    row_limit integer, silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(json_agg(r.body ORDER BY r.n) FILTER (WHERE r.n <= api_peers.row_limit), count(*), api_peers.row_limit,
               api_peers.silent_after)
      FROM (SELECT row_number() OVER (ORDER BY CASE api_peers.row_order WHEN '-flaps' THEN -p.flaps_24h END, p.peer_addr) AS n, p.body
              FROM ikewatch.api_peer_rows(api_peers.device, api_peers.system_ip, api_peers.peer, api_peers.tunnel, api_peers.vpn,
                       api_peers.silent_after, site => api_peers.site, carrier => api_peers.carrier) AS p
             ORDER BY n
             LIMIT api_peers.row_limit + 1) AS r;
END;
COMMENT ON FUNCTION ikewatch.api_peers(text[], text[], inet[], text[], integer[], text, integer, interval, text[], text[]) IS 'GET /v1/peers';
