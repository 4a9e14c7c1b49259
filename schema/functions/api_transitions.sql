-- api_transitions(…) — GET /v1/transitions: moments in the range at which tunnels went up or down.
--
-- In      filters as api_match; state: up, down, NULL: both; row_order: -time time
-- Out     one text, the page
-- Reads   transition (transition_at_idx), tunnel_name
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_transitions(from_time timestamptz, to_time timestamptz, device text[], system_ip text[], peer inet[],
    tunnel text[], vpn integer[], state text, row_order text, row_limit integer, silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(json_agg(w.body ORDER BY w.n) FILTER (WHERE w.n <= api_transitions.row_limit), count(*),
               api_transitions.row_limit, api_transitions.silent_after)
      FROM (SELECT row_number() OVER (ORDER BY CASE WHEN api_transitions.row_order = '-time' THEN t.at END DESC, t.at, t.transition_id) AS n,
                   json_build_object('id', ikewatch.id_text(t.transition_id), 'device', m.device_name, 'tunnel', m.tunnel_name, 'vpn', m.vpn_id,
                       'local', host(m.local_addr), 'peer', host(m.peer_addr), 'time', ikewatch.api_time(t.at), 'state', t.state,
                       'source', t.source, 'time_quality', t.time_quality, 'incident', ikewatch.id_text(t.incident_id)) AS body
              FROM ikewatch.transition AS t
              JOIN ikewatch.api_match(api_transitions.device, api_transitions.system_ip, api_transitions.peer, api_transitions.tunnel,
                       api_transitions.vpn, site => api_transitions.site, carrier => api_transitions.carrier) AS m ON m.device_id = t.device_id AND m.tunnel_id = t.tunnel_id
             WHERE t.at >= api_transitions.from_time AND t.at < api_transitions.to_time
               AND (api_transitions.state IS NULL OR t.state::text = api_transitions.state)
             ORDER BY n
             LIMIT api_transitions.row_limit + 1) AS w;
END;
COMMENT ON FUNCTION ikewatch.api_transitions(timestamptz, timestamptz, text[], text[], inet[], text[], integer[], text, text, integer,
    interval, text[], text[]) IS 'GET /v1/transitions';
