-- flush_evidence: the evidence of each staged incident, replaced as a set.
WITH gone AS (
    DELETE FROM ikewatch.evidence AS e
     USING (SELECT DISTINCT device_id, incident_id FROM pg_temp.stage_evidence) AS i
     WHERE e.device_id = i.device_id AND e.incident_id = i.incident_id
       AND NOT EXISTS (SELECT FROM pg_temp.stage_evidence AS s
                        WHERE s.device_id = e.device_id AND s.incident_id = e.incident_id AND s.ordinal = e.ordinal)
)
INSERT INTO ikewatch.evidence AS t (device_id, incident_id, ordinal, at, role, text, sha256, source_offset)
SELECT device_id, incident_id, ordinal, at, role, text, sha256, source_offset
  FROM pg_temp.stage_evidence
 ORDER BY device_id, incident_id, ordinal
    ON CONFLICT (device_id, incident_id, ordinal) DO UPDATE
   SET at = EXCLUDED.at, role = EXCLUDED.role, text = EXCLUDED.text, sha256 = EXCLUDED.sha256,
       source_offset = EXCLUDED.source_offset
 WHERE (t.at, t.role, t.text, t.sha256, t.source_offset)
       IS DISTINCT FROM
       (EXCLUDED.at, EXCLUDED.role, EXCLUDED.text, EXCLUDED.sha256, EXCLUDED.source_offset)
