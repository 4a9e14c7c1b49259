-- api_tunnel(…) — GET /v1/tunnels/{device}/{tunnel}: the tunnel, with its open incident (current_incident), the open or else the
-- latest one (last_incident), that one's evidence and the request whose silence began it.
--
-- In      device_name  text  name or system-ip; tunnel_name text
-- Out     one text; no row: no such tunnel
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_tunnel(device_name text, tunnel_name text, stay_down_after interval, silent_after interval, lang text)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_thing(ikewatch.api_join(t.body, json_build_object(
               'current_incident', CASE WHEN i.ended IS NULL THEN i.body END,
               'last_incident', i.body, 'first_unanswered', i.first_unanswered, 'evidence', i.evidence)), api_tunnel.silent_after)
      FROM (SELECT r.*
              FROM ikewatch.api_tunnel_rows(ARRAY[(SELECT ikewatch.api_find_device(api_tunnel.device_name))], NULL, NULL, ARRAY[api_tunnel.tunnel_name], NULL,
                       api_tunnel.silent_after) AS r
             ORDER BY r.body ->> 'since' DESC NULLS LAST
             LIMIT 1) AS t
      LEFT JOIN LATERAL (
            SELECT r.ended, r.body, ikewatch.api_first_unanswered(r.incident_id) AS first_unanswered,
                   ikewatch.api_evidence_rows(r.incident_id) AS evidence
              FROM (SELECT i.incident_id
                      FROM ikewatch.incident AS i
                      JOIN ikewatch.tunnel_name AS n ON n.device_id = i.device_id AND n.tunnel_id = i.tunnel_id
                     WHERE i.device_id = t.device_id AND n.resolved_id = t.tunnel_id
                     ORDER BY i.ended IS NULL DESC, i.began DESC, i.incident_id
                     LIMIT 1) AS own
             CROSS JOIN LATERAL ikewatch.api_incident_rows(own.incident_id, NULL, NULL, 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                    NULL, NULL, api_tunnel.stay_down_after, api_tunnel.silent_after, api_tunnel.lang) AS r) AS i ON true;
END;
COMMENT ON FUNCTION ikewatch.api_tunnel(text, text, interval, interval, text) IS 'GET /v1/tunnels/{device}/{tunnel}';
