-- api_evidence_text(id) — GET /v1/incidents/{id}/evidence as text/plain: like grep -n over the partitions.
--
-- Out     one text, topic:partition:offset:line a line; no row: no such incident
-- Reads   incident (incident_id_idx), evidence, device_source
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_evidence_text(id bigint)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(
               (SELECT string_agg(coalesce(s.topic || ':' || s.partition || ':', '') || coalesce(e.source_offset::text, '-') || ':' || e.text, E'\n'
                                  ORDER BY e.ordinal)
                  FROM ikewatch.evidence AS e
                  LEFT JOIN ikewatch.device_source AS s ON s.device_id = e.device_id
                 WHERE e.device_id = i.device_id AND e.incident_id = i.incident_id), '(no line)') || E'\n'
      FROM ikewatch.incident AS i
     WHERE i.incident_id = api_evidence_text.id;
END;
COMMENT ON FUNCTION ikewatch.api_evidence_text(bigint) IS 'GET /v1/incidents/{id}/evidence as text';
