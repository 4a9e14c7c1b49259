-- flush_outage: the staged outages, and into stage_bucket the quarters of an hour that they touch, as they were and as they are. An open one
-- touches the quarter that it began in only.
WITH before AS MATERIALIZED (
    SELECT o.device_id, o.outage_id, o.tunnel_id, o.down_at, o.up_at, o.blackout_from
      FROM pg_temp.stage_outage AS s
      JOIN ikewatch.outage AS o ON o.device_id = s.device_id AND o.outage_id = s.outage_id
), after AS (
    INSERT INTO ikewatch.outage AS t (device_id, outage_id, tunnel_id, incident_id, down_at, up_at, blackout_from, cause, symptom)
    SELECT device_id, outage_id, tunnel_id, incident_id, down_at, up_at, blackout_from, cause, symptom
      FROM pg_temp.stage_outage
     ORDER BY device_id, outage_id
        ON CONFLICT (device_id, outage_id) DO UPDATE
       SET tunnel_id = EXCLUDED.tunnel_id, incident_id = EXCLUDED.incident_id, down_at = EXCLUDED.down_at,
           up_at = EXCLUDED.up_at, blackout_from = EXCLUDED.blackout_from, cause = EXCLUDED.cause,
           symptom = EXCLUDED.symptom
     WHERE (t.tunnel_id, t.incident_id, t.down_at, t.up_at, t.blackout_from, t.cause, t.symptom)
           IS DISTINCT FROM
           (EXCLUDED.tunnel_id, EXCLUDED.incident_id, EXCLUDED.down_at, EXCLUDED.up_at, EXCLUDED.blackout_from,
            EXCLUDED.cause, EXCLUDED.symptom)
    RETURNING t.device_id, t.outage_id, t.tunnel_id, t.down_at, t.up_at, t.blackout_from
), extent AS (
    SELECT b.* FROM before AS b JOIN after AS a ON a.device_id = b.device_id AND a.outage_id = b.outage_id
    UNION
    SELECT a.* FROM after AS a
)
INSERT INTO pg_temp.stage_bucket (device_id, tunnel_id, bucket)
SELECT DISTINCT e.device_id, e.tunnel_id, q.bucket
  FROM extent AS e
 CROSS JOIN generate_series(date_bin('15 minutes', CASE WHEN e.up_at IS NULL THEN e.down_at ELSE least(e.down_at, e.blackout_from) END,
                                     'epoch'), greatest(e.down_at, e.up_at), interval '15 minutes') AS q (bucket)
