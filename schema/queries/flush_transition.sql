-- flush_transition: the staged transitions, and the news of the transaction if any changed. PostgreSQL delivers equal news of one transaction once.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 position after the flush
WITH changed AS (
    INSERT INTO ikewatch.transition AS t (device_id, tunnel_id, at, transition_id, state, source, time_quality, incident_id)
    SELECT device_id, tunnel_id, at, transition_id, state, source, time_quality, incident_id
      FROM pg_temp.stage_transition
     ORDER BY device_id, transition_id
        ON CONFLICT (device_id, transition_id) DO UPDATE
       SET tunnel_id = EXCLUDED.tunnel_id, at = EXCLUDED.at, state = EXCLUDED.state, source = EXCLUDED.source,
           time_quality = EXCLUDED.time_quality, incident_id = EXCLUDED.incident_id
     WHERE (t.tunnel_id, t.at, t.state, t.source, t.time_quality, t.incident_id)
           IS DISTINCT FROM
           (EXCLUDED.tunnel_id, EXCLUDED.at, EXCLUDED.state, EXCLUDED.source, EXCLUDED.time_quality, EXCLUDED.incident_id)
    RETURNING true
)
SELECT pg_notify('ikewatch', json_build_object('group', $1::text, 'topic', $2::text, 'partition', $3::integer, 'position', $4::bigint)::text)
  FROM (SELECT FROM changed LIMIT 1) AS news
