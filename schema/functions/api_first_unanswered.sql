-- api_first_unanswered(id) — the request whose silence began an incident.
--
-- Out     json  NULL: the incident has no onset_latest, or the exchange is not kept any more
-- Reads   incident (incident_id_idx), every_exchange of that day, tunnel_name
-- Used by api_tunnel, api_incident
CREATE OR REPLACE FUNCTION ikewatch.api_first_unanswered(id bigint)
RETURNS json
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT json_build_object('ike_sa', ikewatch.ike_sa_text(e.daemon_run, e.ike_sa), 'direction', e.direction, 'exchange', e.exchange, 'message_id', e.message_id,
               'requested', ikewatch.api_time(e.requested), 'retransmits', coalesce(e.retransmits, 0), 'outcome', e.outcome)
      FROM ikewatch.incident AS i
      JOIN ikewatch.tunnel_name AS n ON n.device_id = i.device_id AND n.tunnel_id = i.tunnel_id
     CROSS JOIN LATERAL (
           SELECT x.*
             FROM ikewatch.every_exchange AS x
            WHERE x.device_id = i.device_id
              AND x.requested >= i.onset_latest - interval '1 second' AND x.requested <= i.onset_latest + interval '1 second'
           OFFSET 0) AS e -- OFFSET 0: joined to the incident the days would not be pruned
      JOIN ikewatch.tunnel_name AS m ON m.device_id = e.device_id AND m.tunnel_id = e.tunnel_id
     WHERE i.incident_id = api_first_unanswered.id AND m.resolved_id = n.resolved_id AND e.answered IS NULL
     ORDER BY abs(extract(epoch FROM e.requested - i.onset_latest)), e.retransmits DESC NULLS LAST, e.exchange_id
     LIMIT 1;
END;
COMMENT ON FUNCTION ikewatch.api_first_unanswered(bigint) IS 'The request whose silence began an incident';
