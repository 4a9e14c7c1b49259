-- api_incident(id, stay_down_after, silent_after, lang) — GET /v1/incidents/{id}.
--
-- Out     one text, advice also in its parts (explain, verify, mend, enable); no row: no such incident
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_incident(id bigint, stay_down_after interval, silent_after interval, lang text)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_thing(ikewatch.api_join(ikewatch.api_join(i.body, i.parts),
               json_build_object('first_unanswered', ikewatch.api_first_unanswered(i.incident_id))), api_incident.silent_after)
      FROM ikewatch.api_incident_rows(api_incident.id, NULL, NULL, 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               api_incident.stay_down_after, api_incident.silent_after, api_incident.lang) AS i;
END;
COMMENT ON FUNCTION ikewatch.api_incident(bigint, interval, interval, text) IS 'GET /v1/incidents/{id}';
