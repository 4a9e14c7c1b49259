-- api_evidence_rows(id) — the proving lines of an incident.
--
-- Out     json  an array in order of time; []: none
-- Reads   incident (incident_id_idx), evidence, device_source
-- Used by api_evidence, api_tunnel
CREATE OR REPLACE FUNCTION ikewatch.api_evidence_rows(id bigint)
RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(json_agg(json_build_object('time', ikewatch.api_time(e.at), 'role', e.role, 'text', e.text, 'topic', s.topic,
                                 'partition', s.partition, 'offset', e.source_offset, 'sha256', encode(e.sha256, 'hex'))
                             ORDER BY e.ordinal), '[]')
      FROM ikewatch.incident AS i
      JOIN ikewatch.evidence AS e ON e.device_id = i.device_id AND e.incident_id = i.incident_id
      LEFT JOIN ikewatch.device_source AS s ON s.device_id = e.device_id
     WHERE i.incident_id = api_evidence_rows.id;
END;
COMMENT ON FUNCTION ikewatch.api_evidence_rows(bigint) IS 'The proving lines of an incident';
