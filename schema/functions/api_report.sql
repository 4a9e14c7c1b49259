-- api_report(id, stay_down_after, silent_after, lang) — GET /v1/incidents/{id}/report and `ikewatch report incident`: the text that goes to
-- the carrier or to the peer's operator, in Markdown, times in UTC.
--
-- In      lang  text  en or ja: verdict and advice of the catalogue
-- Out     one text; no row: no such incident
-- Reads   incident, evidence, exchange of the days around the onset, tunnel_name, cause, device_source
-- Used by api/routes.def, api/report.c
CREATE OR REPLACE FUNCTION ikewatch.api_report(id bigint, stay_down_after interval, silent_after interval, lang text)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH subject AS (
        SELECT i.*, r.body AS b, n.resolved_id, s.topic, s.partition
          FROM ikewatch.api_incident_rows(api_report.id, NULL, NULL, 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                   api_report.stay_down_after, api_report.silent_after, api_report.lang) AS r
          JOIN ikewatch.incident AS i ON i.device_id = r.device_id AND i.incident_id = r.incident_id
          JOIN ikewatch.tunnel_name AS n ON n.device_id = i.device_id AND n.tunnel_id = i.tunnel_id
          LEFT JOIN ikewatch.device_source AS s ON s.device_id = i.device_id
    ), proof AS (
        SELECT string_agg(format(E'%s  [%s] %s\n    %s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.role,
                                 CASE WHEN s.topic IS NULL THEN 'offset ' || coalesce(e.source_offset::text, '-')
                                      ELSE format('%s/%s@%s', s.topic, s.partition, coalesce(e.source_offset::text, '-')) END, e.text), E'\n'
                          ORDER BY e.ordinal) AS lines
          FROM subject AS s
          JOIN ikewatch.evidence AS e ON e.device_id = s.device_id AND e.incident_id = s.incident_id
    ), schedule AS (
        SELECT string_agg(format('| %s | %s | %s | %s | %s | %s |', to_char(x.requested AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                                 x.exchange, x.message_id, coalesce(x.retransmits, 0),
                                 coalesce(to_char(x.answered AT TIME ZONE 'UTC', 'HH24:MI:SS'), 'never'), x.outcome), E'\n'
                          ORDER BY x.requested, x.exchange_id) AS lines
          FROM subject AS s
         CROSS JOIN LATERAL (
               SELECT e.requested, e.exchange, e.message_id, e.retransmits, e.answered, e.outcome, e.exchange_id
                 FROM (SELECT x.* FROM ikewatch.exchange AS x
                        WHERE x.device_id = s.device_id
                          AND x.requested >= least(s.began, s.onset_latest, s.onset_earliest) - interval '1 minute'
                          AND x.requested <= s.began + interval '1 hour'
                        UNION ALL
                       SELECT x.* FROM ikewatch.exchange_outlier AS x
                        WHERE x.device_id = s.device_id
                          AND x.requested >= least(s.began, s.onset_latest, s.onset_earliest) - interval '1 minute'
                          AND x.requested <= s.began + interval '1 hour') AS e
                 JOIN ikewatch.tunnel_name AS n ON n.device_id = e.device_id AND n.tunnel_id = e.tunnel_id
                WHERE n.resolved_id = s.resolved_id
                  AND (e.retransmits > 0 OR e.outcome IN ('refused', 'unanswered'))
                ORDER BY e.requested, e.exchange_id
                LIMIT 20) AS x
    )
    SELECT format(E'# IPsec tunnel %s on %s: %s\n\n', s.b ->> 'tunnel', s.b ->> 'device',
                  coalesce(s.b ->> 'cause_title', s.cause, 'cause unknown'))
        || coalesce((s.b ->> 'verdict') || E'\n\n', '')
        || E'All times are UTC, by the clock of the device.\n\n'
        || E'## Who\n\n| | |\n|---|---|\n'
        || format(E'| Incident | `%s` |\n| Device | %s |\n| System IP | %s |\n| Tunnel | %s |\n| VPN | %s |\n| Local address | %s |\n| Peer address | %s |\n\n',
                  s.b ->> 'id', s.b ->> 'device', coalesce(s.b ->> 'system_ip', 'not known'), s.b ->> 'tunnel',
                  coalesce(s.b ->> 'vpn', 'not known'), coalesce(s.b ->> 'local', 'not known'), coalesce(s.b ->> 'peer', 'not known'))
        || E'## When\n\n| | |\n|---|---|\n'
        || format(E'| Last proof of life | %s |\n| First request without an answer | %s |\n| Declared down | %s |\n| Recovered | %s |\n| Duration | %s |\n\n',
                  coalesce(s.b ->> 'onset_earliest', 'none in the log'), coalesce(s.b ->> 'onset_latest', 'none in the log'),
                  coalesce(s.b ->> 'declared', format('never; first failing attempt %s', s.b ->> 'began')),
                  coalesce(s.b ->> 'ended', 'not yet'),
                  justify_hours(make_interval(secs => (s.b ->> 'duration_s')::double precision))::text
                  || CASE WHEN s.ended IS NULL THEN ' so far' ELSE '' END)
        || E'## What\n\n| | |\n|---|---|\n'
        || format(E'| Symptom | %s%s |\n| Cause | %s |\n| Side | %s |\n| Confidence | %s |\n', s.symptom,
                  CASE WHEN (s.b ->> 'persistent')::boolean THEN ', and stays' ELSE '' END,
                  coalesce(s.cause, 'unknown') || coalesce(' (' || (s.b ->> 'cause_title') || ')', ''),
                  coalesce(s.side::text, 'unknown'), coalesce(s.confidence::text, 'unknown'))
        || coalesce('| Refused now by | ' || s.blocker || E' |\n', '')
        || coalesce('| The log cannot exclude | ' || nullif(array_to_string(s.alternatives, ', '), '') || E' |\n', '')
        || coalesce('| Known defect | ' || s.defect || ' (' || coalesce(s.defect_confidence::text, 'possible') || E') |\n', '')
        || E'\n'
        || CASE WHEN s.proposal_diff IS NULL THEN '' ELSE E'## Proposals\n\n'
                    || '- received: ' || (SELECT coalesce(string_agg(p, ', '), '-') FROM jsonb_array_elements_text(s.proposal_diff -> 'received') AS p)
                    || E'\n- configured: ' || (SELECT coalesce(string_agg(p, ', '), '-') FROM jsonb_array_elements_text(s.proposal_diff -> 'configured') AS p)
                    || E'\n- only configured: ' || (SELECT coalesce(string_agg(p, ', '), '-') FROM jsonb_array_elements_text(s.proposal_diff -> 'only_configured') AS p)
                    || E'\n- only received: ' || (SELECT coalesce(string_agg(p, ', '), '-') FROM jsonb_array_elements_text(s.proposal_diff -> 'only_received') AS p)
                    || coalesce(E'\n- fix: ' || (s.proposal_diff ->> 'fix'), '') || E'\n\n' END
        || coalesce(E'## Requests repeated, refused or unanswered\n\n| sent | exchange | message ID | retransmissions | answered | outcome |\n|---|---|---|---|---|---|\n'
                    || x.lines || E'\n\n', '')
        || E'## Evidence\n\n'
        || coalesce(E'Lines of the device''s log, with where they lie in Kafka (topic/partition@offset).\n\n```\n' || p.lines || E'\n```\n\n',
                    E'No line of the log is kept with this incident.\n\n')
        || coalesce(E'## What to do next\n\n' || (s.b ->> 'advice') || E'\n\n', '')
        || CASE WHEN s.side IN ('network', 'unknown') OR s.side IS NULL THEN
               format(E'## Asked of the carrier\n\n- Was there a fault, maintenance, a re-route or loss between %s and %s from %s to %s?\n'
                      '- Are UDP 500, UDP 4500 and ESP (protocol 50) passed unchanged and unlimited in both directions?\n'
                      '- Please name the ticket and the interval of any interruption in UTC.\n\n',
                      coalesce(s.b ->> 'local', 'the device'), coalesce(s.b ->> 'peer', 'the peer'),
                      coalesce(s.b ->> 'onset_earliest', s.b ->> 'began'), coalesce(s.b ->> 'ended', 'now'))
           ELSE '' END
        || CASE WHEN s.side IN ('peer', 'both', 'network', 'unknown') OR s.side IS NULL THEN
               format(E'## For the peer''s operator to check\n\n- The IKE log of %s for %s between %s and %s: did requests of %s arrive, and were they answered?\n'
                      '- Restarts, failovers, configuration changes or deletions of this tunnel in that time.\n'
                      '- That proposals, PFS group, identities and keys for %s are as agreed.\n',
                      coalesce(s.b ->> 'peer', 'the peer'), coalesce(s.b ->> 'local', 'the device'),
                      coalesce(s.b ->> 'onset_earliest', s.b ->> 'began'), coalesce(s.b ->> 'ended', 'now'),
                      coalesce(s.b ->> 'local', 'the device'), coalesce(s.b ->> 'local', 'the device'))
           ELSE '' END
      FROM subject AS s
     CROSS JOIN proof AS p
     CROSS JOIN schedule AS x;
END;
COMMENT ON FUNCTION ikewatch.api_report(bigint, interval, interval, text) IS 'GET /v1/incidents/{id}/report';
