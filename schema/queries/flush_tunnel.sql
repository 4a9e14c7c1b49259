-- flush_tunnel: the staged tunnels as they are now.
INSERT INTO ikewatch.tunnel AS t (tunnel_id, device_id, name, vpn_id, conn, local, peer, identity, state, since, first_seen, last_proof,
        next_rekey, predicted_down, near_misses, incident_id, merged_into)
SELECT tunnel_id, device_id, name, vpn_id, conn, local, peer, identity, state, since, first_seen, last_proof,
       next_rekey, predicted_down, near_misses, incident_id, merged_into
  FROM pg_temp.stage_tunnel
 ORDER BY device_id, tunnel_id
    ON CONFLICT (device_id, tunnel_id) DO UPDATE
   SET name = EXCLUDED.name, vpn_id = EXCLUDED.vpn_id, conn = EXCLUDED.conn, local = EXCLUDED.local,
       peer = EXCLUDED.peer, identity = EXCLUDED.identity, state = EXCLUDED.state, since = EXCLUDED.since,
       first_seen = EXCLUDED.first_seen, last_proof = EXCLUDED.last_proof, next_rekey = EXCLUDED.next_rekey,
       predicted_down = EXCLUDED.predicted_down,
       near_misses = EXCLUDED.near_misses, incident_id = EXCLUDED.incident_id, merged_into = EXCLUDED.merged_into
 WHERE (t.name, t.vpn_id, t.conn, t.local, t.peer, t.identity, t.state, t.since, t.first_seen, t.last_proof,
        t.next_rekey, t.predicted_down, t.near_misses, t.incident_id, t.merged_into)
       IS DISTINCT FROM
       (EXCLUDED.name, EXCLUDED.vpn_id, EXCLUDED.conn, EXCLUDED.local, EXCLUDED.peer, EXCLUDED.identity,
        EXCLUDED.state, EXCLUDED.since, EXCLUDED.first_seen, EXCLUDED.last_proof, EXCLUDED.next_rekey,
        EXCLUDED.predicted_down, EXCLUDED.near_misses, EXCLUDED.incident_id, EXCLUDED.merged_into)
