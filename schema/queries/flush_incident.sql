-- flush_incident: the staged incidents, and the news of the transaction if any changed. PostgreSQL delivers equal news of one transaction once.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 position after the flush
WITH changed AS (
    INSERT INTO ikewatch.incident AS t (device_id, incident_id, tunnel_id, symptom, cause, blocker, side, confidence, alternatives, defect,
            defect_confidence, began, onset_earliest, onset_latest, declared, ended, predicted_down, proposal_diff,
            history, evidence_count)
    SELECT device_id, incident_id, tunnel_id, symptom, cause, blocker, side, confidence, alternatives, defect,
           defect_confidence, began, onset_earliest, onset_latest, declared, ended, predicted_down, proposal_diff,
           history, evidence_count
      FROM pg_temp.stage_incident
     ORDER BY device_id, incident_id
        ON CONFLICT (device_id, incident_id) DO UPDATE
       SET tunnel_id = EXCLUDED.tunnel_id, symptom = EXCLUDED.symptom, cause = EXCLUDED.cause, blocker = EXCLUDED.blocker,
           side = EXCLUDED.side, confidence = EXCLUDED.confidence, alternatives = EXCLUDED.alternatives,
           defect = EXCLUDED.defect, defect_confidence = EXCLUDED.defect_confidence, began = EXCLUDED.began,
           onset_earliest = EXCLUDED.onset_earliest, onset_latest = EXCLUDED.onset_latest, declared = EXCLUDED.declared,
           ended = EXCLUDED.ended, predicted_down = EXCLUDED.predicted_down, proposal_diff = EXCLUDED.proposal_diff,
           history = EXCLUDED.history, evidence_count = EXCLUDED.evidence_count
     WHERE (t.tunnel_id, t.symptom, t.cause, t.blocker, t.side, t.confidence, t.alternatives, t.defect,
            t.defect_confidence, t.began, t.onset_earliest, t.onset_latest, t.declared, t.ended, t.predicted_down,
            t.proposal_diff, t.history, t.evidence_count)
           IS DISTINCT FROM
           (EXCLUDED.tunnel_id, EXCLUDED.symptom, EXCLUDED.cause, EXCLUDED.blocker, EXCLUDED.side, EXCLUDED.confidence,
            EXCLUDED.alternatives, EXCLUDED.defect, EXCLUDED.defect_confidence, EXCLUDED.began, EXCLUDED.onset_earliest,
            EXCLUDED.onset_latest, EXCLUDED.declared, EXCLUDED.ended, EXCLUDED.predicted_down, EXCLUDED.proposal_diff,
            EXCLUDED.history, EXCLUDED.evidence_count)
    RETURNING true
)
SELECT pg_notify('ikewatch', json_build_object('group', $1::text, 'topic', $2::text, 'partition', $3::integer, 'position', $4::bigint)::text)
  FROM (SELECT FROM changed LIMIT 1) AS news
