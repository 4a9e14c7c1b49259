-- 0007_view: what SQL users and Grafana read. Names instead of ids, ids as 16 hex digits, tunnels that turned out to be another one shown as that
-- one, seconds instead of milliseconds. Always give a time range on v_exchanges.requested: it prunes the days.

-- Who a tunnel id stands for; internal to the views below and to the functions. LEFT JOIN: the planner then knows that no row is lost. Joined to
-- itself by coalesce(merged_into, tunnel_id) it takes the fleet for a thousandth of what it is, since it knows nothing of that expression.
CREATE VIEW ikewatch.tunnel_name AS
    SELECT t.device_id, t.tunnel_id, coalesce(t.merged_into, t.tunnel_id) AS resolved_id, d.name AS device, d.system_ip,
           coalesce(r.name, t.name) AS tunnel, CASE WHEN r.tunnel_id IS NULL THEN t.vpn_id ELSE r.vpn_id END AS vpn_id,
           CASE WHEN r.tunnel_id IS NULL THEN t.local ELSE r.local END AS local, CASE WHEN r.tunnel_id IS NULL THEN t.peer ELSE r.peer END AS peer
      FROM ikewatch.tunnel AS t
      JOIN ikewatch.device AS d ON d.device_id = t.device_id
      LEFT JOIN ikewatch.tunnel AS r ON r.device_id = t.device_id AND r.tunnel_id = t.merged_into;
COMMENT ON VIEW ikewatch.tunnel_name IS 'Every tunnel id with the names and addresses of the tunnel that it stands for';

-- Exchanges wherever they lie, in words; internal likewise. The planner prunes the days through it when the range is of constants or parameters;
-- a range that comes from another table has to be a subquery of its own (LATERAL … OFFSET 0).
CREATE VIEW ikewatch.every_exchange AS
    SELECT e.device_id, e.exchange_id, e.tunnel_id, e.requested, e.answered, e.ike_sa, e.daemon_run,
           CASE e.direction WHEN 'o' THEN 'out' WHEN 'i' THEN 'in' END::ikewatch.direction AS direction,
           CASE e.exchange WHEN 37 THEN 'INFORMATIONAL' WHEN 34 THEN 'IKE_SA_INIT' WHEN 35 THEN 'IKE_AUTH' WHEN 36 THEN 'CREATE_CHILD_SA'
                           WHEN 38 THEN 'IKE_SESSION_RESUME' WHEN 43 THEN 'IKE_INTERMEDIATE' WHEN 44 THEN 'IKE_FOLLOWUP_KE' WHEN 240 THEN 'ME_CONNECT'
                           WHEN 2 THEN 'ID_PROT' WHEN 3 THEN 'AUTH_ONLY' WHEN 4 THEN 'AGGRESSIVE' WHEN 5 THEN 'INFORMATIONAL_V1' WHEN 6 THEN 'TRANSACTION'
                           WHEN 32 THEN 'QUICK_MODE' WHEN 33 THEN 'NEW_GROUP_MODE' ELSE e.exchange::text END AS exchange,
           e.message_id, e.retransmits, string_to_array(e.request, E'\n') AS request, string_to_array(e.response, E'\n') AS response,
           e.request_bytes, e.response_bytes,
           CASE e.outcome WHEN 'a' THEN 'answered' WHEN 'p' THEN 'pending' WHEN 'r' THEN 'refused' WHEN 'u' THEN 'unanswered'
                          WHEN 'b' THEN 'abandoned' END::ikewatch.outcome AS outcome,
           e.near_miss
      FROM (SELECT * FROM ikewatch.exchange UNION ALL SELECT * FROM ikewatch.exchange_outlier) AS e;
COMMENT ON VIEW ikewatch.every_exchange IS 'exchange and exchange_outlier in words; always give a range of requested';

CREATE VIEW ikewatch.v_tunnels AS
    SELECT lpad(to_hex(t.tunnel_id), 16, '0') AS id, d.name AS device, d.system_ip, t.name AS tunnel, t.vpn_id AS vpn, t.conn,
           t.local, t.peer, t.identity, t.state, t.since, t.first_seen, t.last_proof, t.next_rekey, t.predicted_down, t.near_misses,
           lpad(to_hex(t.incident_id), 16, '0') AS incident, d.last_seen AS device_last_seen
      FROM ikewatch.tunnel AS t
      JOIN ikewatch.device AS d ON d.device_id = t.device_id
     WHERE t.merged_into IS NULL;
COMMENT ON VIEW ikewatch.v_tunnels IS 'Tunnels as they are now';
COMMENT ON COLUMN ikewatch.v_tunnels.incident IS 'Id of the open incident';

CREATE VIEW ikewatch.v_incidents AS
    SELECT lpad(to_hex(i.incident_id), 16, '0') AS id, n.device, n.system_ip, n.tunnel, n.vpn_id AS vpn, n.local, n.peer,
           i.symptom, i.cause, i.blocker, i.side, i.confidence, i.alternatives, i.defect, i.defect_confidence, i.began,
           i.onset_earliest, i.onset_latest, i.declared, i.ended, extract(epoch FROM i.ended - i.began) AS duration_s,
           i.predicted_down, i.proposal_diff, i.history, i.evidence_count
      FROM ikewatch.incident AS i
      JOIN ikewatch.tunnel_name AS n ON n.device_id = i.device_id AND n.tunnel_id = i.tunnel_id;
COMMENT ON VIEW ikewatch.v_incidents IS 'Verdicts: what failed, why, whose side, since when';
COMMENT ON COLUMN ikewatch.v_incidents.duration_s IS 'NULL: still open';

CREATE VIEW ikewatch.v_exchanges AS
    SELECT lpad(to_hex(e.exchange_id), 16, '0') AS id, d.name AS device, n.tunnel, n.vpn_id AS vpn, n.local, n.peer,
           e.requested, e.answered, extract(epoch FROM e.answered - e.requested) AS answer_s, e.ike_sa, e.daemon_run, e.direction, e.exchange,
           e.message_id, e.retransmits, e.request, e.response, e.request_bytes, e.response_bytes, e.outcome, e.near_miss
      FROM ikewatch.every_exchange AS e
      JOIN ikewatch.device AS d ON d.device_id = e.device_id
      LEFT JOIN ikewatch.tunnel_name AS n ON n.device_id = e.device_id AND n.tunnel_id = e.tunnel_id;
COMMENT ON VIEW ikewatch.v_exchanges IS 'IKE exchanges; always give a range of requested';
COMMENT ON COLUMN ikewatch.v_exchanges.tunnel IS 'NULL: not bound to a tunnel';

CREATE VIEW ikewatch.v_transitions AS
    SELECT lpad(to_hex(t.transition_id), 16, '0') AS id, n.device, n.tunnel, n.vpn_id AS vpn, n.local, n.peer, t.at, t.state,
           t.source, t.time_quality, lpad(to_hex(t.incident_id), 16, '0') AS incident
      FROM ikewatch.transition AS t
      JOIN ikewatch.tunnel_name AS n ON n.device_id = t.device_id AND n.tunnel_id = t.tunnel_id;
COMMENT ON VIEW ikewatch.v_transitions IS 'Moments at which a tunnel went up or down';

CREATE VIEW ikewatch.v_outages AS
    SELECT lpad(to_hex(o.outage_id), 16, '0') AS id, n.device, n.tunnel, n.vpn_id AS vpn, n.local, n.peer, o.down_at, o.up_at,
           coalesce(o.blackout_from, o.down_at) AS blackout_from, extract(epoch FROM o.up_at - o.down_at) AS downtime_s,
           extract(epoch FROM o.up_at - coalesce(o.blackout_from, o.down_at)) AS blackout_s,
           coalesce(o.up_at - o.down_at <= s.value * interval '1 millisecond', false) AS flap, o.cause, o.symptom,
           lpad(to_hex(o.incident_id), 16, '0') AS incident
      FROM ikewatch.outage AS o
      JOIN ikewatch.tunnel_name AS n ON n.device_id = o.device_id AND n.tunnel_id = o.tunnel_id
      JOIN ikewatch.setting AS s ON s.name = 'flap_window_ms';
COMMENT ON VIEW ikewatch.v_outages IS 'Times during which a tunnel was down';
COMMENT ON COLUMN ikewatch.v_outages.downtime_s IS 'NULL: still down';
COMMENT ON COLUMN ikewatch.v_outages.flap IS 'Up again within flap_window';

CREATE VIEW ikewatch.v_flaps_15m AS
    SELECT n.device, n.tunnel, n.vpn_id AS vpn, n.local, n.peer, b.bucket, b.cause, b.outages, b.flaps, b.near_misses,
           b.downtime_ms / 1000.0 AS downtime_s, b.blackout_ms / 1000.0 AS blackout_s
      FROM (SELECT device_id, tunnel_id, bucket, cause, outages, flaps, 0::bigint AS near_misses, downtime_ms, blackout_ms
              FROM ikewatch.flap_15m
             UNION ALL
            SELECT device_id, tunnel_id, bucket, NULL, 0, 0, near_misses, 0, 0
              FROM ikewatch.near_miss_15m) AS b
      JOIN ikewatch.tunnel_name AS n ON n.device_id = b.device_id AND n.tunnel_id = b.tunnel_id;
COMMENT ON VIEW ikewatch.v_flaps_15m IS 'Outages, flaps and near misses by tunnel, cause and quarter of an hour; sparse; to be summed';
COMMENT ON COLUMN ikewatch.v_flaps_15m.cause IS 'NULL: a row of near misses';
COMMENT ON COLUMN ikewatch.v_flaps_15m.downtime_s IS 'Of ended outages only; open ones are in v_outages';
