-- move_settle: what devices had open when they came to this partition is closed: whoever knew how it went on is another partition's state.
-- It ends with the first line here; outages are staged for flush_outage, the tunnels are unknown until their next line.
--
-- In      $1 topic, $2 partition
-- Out     name, partition it was in (-1: a topic made anew) and incidents closed, a row a device
WITH settled AS (
    UPDATE ikewatch.device_move
       SET settled = true
     WHERE topic = $1 AND partition = $2::integer AND NOT settled
    RETURNING device_id, from_partition
), moved AS MATERIALIZED (
    SELECT d.device_id, d.name, d.first_seen, s.from_partition
      FROM settled AS s
      JOIN ikewatch.device AS d ON d.device_id = s.device_id
), closed AS (
    UPDATE ikewatch.incident AS i
       SET ended = m.first_seen,
           history = coalesce(i.history, '[]') || jsonb_build_array(jsonb_build_object('at', ikewatch.api_time(m.first_seen),
               'symptom', i.symptom, 'cause', i.cause, 'confidence', i.confidence, 'closed', 'moved'))
      FROM moved AS m
     WHERE i.device_id = m.device_id AND i.ended IS NULL AND i.began < m.first_seen
    RETURNING i.device_id, i.tunnel_id, i.incident_id
), loose AS (
    UPDATE ikewatch.tunnel AS t
       SET state = 'unknown', since = m.first_seen, incident_id = NULL
      FROM moved AS m
     WHERE t.device_id = m.device_id AND t.first_seen < m.first_seen
), ended AS (
    INSERT INTO pg_temp.stage_outage (device_id, outage_id, tunnel_id, incident_id, down_at, up_at, blackout_from, cause, symptom)
    SELECT o.device_id, o.outage_id, o.tunnel_id, o.incident_id, o.down_at, m.first_seen, o.blackout_from, o.cause, o.symptom
      FROM moved AS m
      JOIN ikewatch.outage AS o ON o.device_id = m.device_id AND o.up_at IS NULL AND o.down_at < m.first_seen
)
SELECT m.name, m.from_partition, (SELECT count(*) FROM closed AS c WHERE c.device_id = m.device_id)
  FROM moved AS m
 ORDER BY m.name
