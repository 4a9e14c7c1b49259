-- flush_tunnel: the staged tunnels as they are now. Nearly all are there, so they are updated as what they are: ON CONFLICT would lock each row
-- first, for half as much WAL again. It is left for a row that another partition has just written.
WITH changed AS (
    UPDATE ikewatch.tunnel AS t
       SET (name, vpn_id, conn, local, peer, identity, state, since, first_seen, last_proof, next_rekey, predicted_down, near_misses, incident_id,
            merged_into)
         = (s.name, s.vpn_id, s.conn, s.local, s.peer, s.identity, s.state, s.since, s.first_seen, s.last_proof, s.next_rekey, s.predicted_down,
            s.near_misses, s.incident_id, s.merged_into)
      FROM (SELECT * FROM pg_temp.stage_tunnel ORDER BY device_id, tunnel_id) AS s
     WHERE t.device_id = s.device_id AND t.tunnel_id = s.tunnel_id
       AND (t.name, t.vpn_id, t.conn, t.local, t.peer, t.identity, t.state, t.since, t.first_seen, t.last_proof, t.next_rekey, t.predicted_down,
            t.near_misses, t.incident_id, t.merged_into)
           IS DISTINCT FROM
           (s.name, s.vpn_id, s.conn, s.local, s.peer, s.identity, s.state, s.since, s.first_seen, s.last_proof, s.next_rekey, s.predicted_down,
            s.near_misses, s.incident_id, s.merged_into)
)
INSERT INTO ikewatch.tunnel AS t (device_id, tunnel_id, name, vpn_id, conn, local, peer, identity, state, since, first_seen, last_proof,
        next_rekey, predicted_down, near_misses, incident_id, merged_into)
SELECT s.device_id, s.tunnel_id, s.name, s.vpn_id, s.conn, s.local, s.peer, s.identity, s.state, s.since, s.first_seen, s.last_proof,
       s.next_rekey, s.predicted_down, s.near_misses, s.incident_id, s.merged_into
  FROM pg_temp.stage_tunnel AS s
 WHERE NOT EXISTS (SELECT FROM ikewatch.tunnel AS k WHERE k.device_id = s.device_id AND k.tunnel_id = s.tunnel_id)
 ORDER BY s.device_id, s.tunnel_id
    ON CONFLICT (device_id, tunnel_id) DO UPDATE
   SET (name, vpn_id, conn, local, peer, identity, state, since, first_seen, last_proof, next_rekey, predicted_down, near_misses, incident_id,
        merged_into)
     = (EXCLUDED.name, EXCLUDED.vpn_id, EXCLUDED.conn, EXCLUDED.local, EXCLUDED.peer, EXCLUDED.identity, EXCLUDED.state, EXCLUDED.since,
        EXCLUDED.first_seen, EXCLUDED.last_proof, EXCLUDED.next_rekey, EXCLUDED.predicted_down, EXCLUDED.near_misses,
        EXCLUDED.incident_id, EXCLUDED.merged_into)
