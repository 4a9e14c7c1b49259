-- api_evidence(id, silent_after) — GET /v1/incidents/{id}/evidence: the proving lines.
--
-- Out     one text, the page (at most 32 lines, all of them); no row: no such incident
-- Reads   incident (incident_id_idx)
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_evidence(id bigint, silent_after interval)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(
               ikewatch.api_evidence_rows(i.incident_id), 0, 32, api_evidence.silent_after)
      FROM ikewatch.incident AS i
     WHERE i.incident_id = api_evidence.id;
END;
COMMENT ON FUNCTION ikewatch.api_evidence(bigint, interval) IS 'GET /v1/incidents/{id}/evidence';
