-- api_incidents(…) — GET /v1/incidents: those that overlap the range.
--
-- In      as api_incident_rows; row_order: -began began -ended ended
-- Out     one text, the page
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_incidents(from_time timestamptz, to_time timestamptz, state text, device text[], system_ip text[],
    peer inet[], tunnel text[], vpn integer[], symptom text[], cause text[], blocker text[], side text[], confidence text[],
    defect text[], row_order text, row_limit integer, stay_down_after interval, silent_after interval, lang text,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(json_agg(r.body ORDER BY r.n) FILTER (WHERE r.n <= api_incidents.row_limit), count(*),
               api_incidents.row_limit, api_incidents.silent_after)
      FROM (SELECT row_number() OVER (ORDER BY CASE api_incidents.row_order WHEN '-began' THEN i.began WHEN '-ended' THEN i.ended END DESC NULLS FIRST,
                                               CASE api_incidents.row_order WHEN 'began' THEN i.began WHEN 'ended' THEN i.ended END,
                                               i.incident_id) AS n, i.body
              FROM ikewatch.api_incident_rows(NULL, api_incidents.from_time, api_incidents.to_time, api_incidents.state,
                       api_incidents.device, api_incidents.system_ip, api_incidents.peer, api_incidents.tunnel, api_incidents.vpn,
                       api_incidents.symptom, api_incidents.cause, api_incidents.blocker, api_incidents.side,
                       api_incidents.confidence, api_incidents.defect, api_incidents.stay_down_after,
                       api_incidents.silent_after, api_incidents.lang, site => api_incidents.site, carrier => api_incidents.carrier) AS i
             ORDER BY n
             LIMIT api_incidents.row_limit + 1) AS r;
END;
COMMENT ON FUNCTION ikewatch.api_incidents(timestamptz, timestamptz, text, text[], text[], inet[], text[], integer[], text[], text[], text[],
    text[], text[], text[], text, integer, interval, interval, text, text[], text[]) IS 'GET /v1/incidents';
