-- api_report(id, stay_down_after, silent_after, lang) — GET /v1/incidents/{id}/report and `ikewatch report incident`: the text that goes to
-- the carrier or to the peer's operator, in Markdown, times in UTC and in the zone that the inventory names.
--
-- In      lang  text  en or ja: texts of the catalogue and all words
-- Out     one text; no row: no such incident
-- Reads   incident, evidence, every_exchange of the days around the onset, tunnel, tunnel_name, cause, device_source, inventory, pg_timezone_names
-- Used by api/routes.def, api/report.c
CREATE OR REPLACE FUNCTION ikewatch.api_report(id bigint, stay_down_after interval, silent_after interval, lang text)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH dictionary AS MATERIALIZED (
        SELECT ikewatch.api_words(api_report.lang) AS w
    ), subject AS (
        SELECT i.*, r.body AS b, r.parts, n.resolved_id, s.topic, s.partition, v.site, v.carrier, v.circuit_id, v.peer_name, v.contract, z.zone,
               coalesce(r.body ->> 'local', d.w ->> 'the device') AS here, coalesce(r.body ->> 'peer', d.w ->> 'the peer') AS there
          FROM ikewatch.api_incident_rows(api_report.id, NULL, NULL, 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                   api_report.stay_down_after, api_report.silent_after, api_report.lang) AS r
          JOIN ikewatch.incident AS i ON i.device_id = r.device_id AND i.incident_id = r.incident_id
          JOIN ikewatch.tunnel_name AS n ON n.device_id = i.device_id AND n.tunnel_id = i.tunnel_id
         CROSS JOIN dictionary AS d
          LEFT JOIN ikewatch.device_source AS s ON s.device_id = i.device_id
          LEFT JOIN ikewatch.inventory AS v ON v.device = r.body ->> 'device' AND v.tunnel = r.body ->> 'tunnel'
          LEFT JOIN LATERAL (SELECT x.tz AS zone -- the clock is the device's: another of its tunnels may name it
                               FROM ikewatch.inventory AS x
                              WHERE x.device = r.body ->> 'device' AND x.tz IN (SELECT t.name FROM pg_timezone_names AS t)
                              ORDER BY x.tunnel = r.body ->> 'tunnel' DESC, x.tunnel
                              LIMIT 1) AS z ON true
    ), around AS (
        SELECT (SELECT format(d.w ->> 'of', count(*) FILTER (WHERE EXISTS (
                                  SELECT FROM ikewatch.incident AS x
                                    JOIN ikewatch.tunnel_name AS n ON n.device_id = x.device_id AND n.tunnel_id = x.tunnel_id
                                   WHERE x.device_id = s.device_id AND n.resolved_id = t.tunnel_id
                                     AND x.began BETWEEN s.began - interval '5 minutes' AND s.began + interval '5 minutes')), count(*))
                  FROM ikewatch.tunnel AS t
                 WHERE t.device_id = s.device_id AND t.merged_into IS NULL AND t.tunnel_id <> s.resolved_id
                HAVING count(*) > 0) AS others,
               (SELECT count(*)
                  FROM ikewatch.incident AS x
                  JOIN ikewatch.tunnel_name AS n ON n.device_id = x.device_id AND n.tunnel_id = x.tunnel_id
                 WHERE x.device_id = s.device_id AND n.resolved_id = s.resolved_id AND x.incident_id <> s.incident_id
                   AND x.began >= s.began - interval '30 days' AND x.began < s.began) AS before
          FROM subject AS s
         CROSS JOIN dictionary AS d
    ), proof AS (
        SELECT string_agg(format(E'%s  [%s] %s\n    %s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), coalesce(d.w ->> e.role, e.role),
                                 CASE WHEN s.topic IS NULL THEN 'offset ' || coalesce(e.source_offset::text, '-')
                                      ELSE format('%s/%s@%s', s.topic, s.partition, coalesce(e.source_offset::text, '-')) END, e.text), E'\n'
                          ORDER BY e.ordinal) AS lines,
               bool_or(e.text LIKE '%local host is behind NAT%') AS nat
          FROM subject AS s
         CROSS JOIN dictionary AS d
          JOIN ikewatch.evidence AS e ON e.device_id = s.device_id AND e.incident_id = s.incident_id
    ), schedule AS (
        SELECT string_agg(format('| %s | %s | %s | %s | %s | %s | %s |', to_char(x.requested AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                                 d.w ->> x.direction::text, x.exchange, x.message_id, coalesce(x.retransmits, 0),
                                 coalesce(to_char(x.answered AT TIME ZONE 'UTC', 'HH24:MI:SS'), d.w ->> 'never'), d.w ->> x.outcome::text), E'\n'
                          ORDER BY x.requested, x.exchange_id) AS lines,
               min(x.requested) FILTER (WHERE x.outcome = 'unanswered' AND x.direction = 'out') AS first_unanswered
          FROM subject AS s
         CROSS JOIN dictionary AS d
         CROSS JOIN LATERAL (
               SELECT e.requested, e.direction, e.exchange, e.message_id, e.retransmits, e.answered, e.outcome, e.exchange_id
                 FROM (SELECT x.*
                         FROM ikewatch.every_exchange AS x
                        WHERE x.device_id = s.device_id
                          AND x.requested >= least(s.began, s.onset_latest, s.onset_earliest) - interval '1 minute'
                          AND x.requested <= s.began + interval '1 hour'
                       OFFSET 0) AS e -- as in api_first_unanswered
                 JOIN ikewatch.tunnel_name AS n ON n.device_id = e.device_id AND n.tunnel_id = e.tunnel_id
                WHERE n.resolved_id = s.resolved_id
                  AND (e.retransmits > 0 OR e.outcome IN ('refused', 'unanswered'))
                ORDER BY e.requested, e.exchange_id
                LIMIT 20) AS x
    ), facts AS (
        SELECT f.block, format(E'| | |\n|---|---|\n%s\n\n', string_agg(format('| %s | %s |', d.w ->> f.label, f.value), E'\n' ORDER BY f.n)) AS lines
          FROM subject AS s
         CROSS JOIN around AS a
         CROSS JOIN proof AS p
         CROSS JOIN schedule AS x
         CROSS JOIN dictionary AS d
         CROSS JOIN LATERAL (VALUES
               ('Who', 1, 'Incident', '`' || (s.b ->> 'id') || '`'), ('Who', 2, 'Device', s.b ->> 'device'),
               ('Who', 3, 'Site', s.site), ('Who', 4, 'System IP', coalesce(s.b ->> 'system_ip', d.w ->> 'unknown')),
               ('Who', 5, 'Tunnel', s.b ->> 'tunnel'), ('Who', 6, 'VPN', coalesce(s.b ->> 'vpn', d.w ->> 'unknown')),
               ('Who', 7, 'Local address', coalesce(CASE WHEN p.nat THEN format(d.w ->> 'behind NAT', s.b ->> 'local') ELSE s.b ->> 'local' END,
                                                    d.w ->> 'unknown')),
               ('Who', 8, 'Peer address', coalesce(s.b ->> 'peer', d.w ->> 'unknown')), ('Who', 9, 'Peer', s.peer_name),
               ('Who', 10, 'Carrier', s.carrier), ('Who', 11, 'Circuit ID', s.circuit_id), ('Who', 12, 'Contract', s.contract),
               ('When', 1, 'Last answer', coalesce(ikewatch.api_moment(s.onset_earliest, s.zone), d.w ->> 'none in the log')),
               ('When', 2, 'First request without an answer', coalesce(ikewatch.api_moment(coalesce(s.onset_latest, x.first_unanswered), s.zone), d.w ->> 'none in the log')),
               ('When', 3, 'First failing attempt', CASE WHEN s.declared IS NULL THEN ikewatch.api_moment(s.began, s.zone) END),
               ('When', 4, 'Declared down', coalesce(ikewatch.api_moment(s.declared, s.zone), d.w ->> 'not declared')),
               ('When', 5, 'Recovered', coalesce(ikewatch.api_moment(s.ended, s.zone), d.w ->> 'not yet')),
               ('When', 6, 'Duration', format(CASE WHEN s.ended IS NULL THEN d.w ->> 'so far' ELSE '%s' END,
                    format(CASE WHEN (s.b ->> 'duration_s')::numeric >= 86400 THEN d.w ->> 'days' ELSE '%2$s' END,
                           div((s.b ->> 'duration_s')::numeric, 86400),
                           to_char(make_interval(secs => mod((s.b ->> 'duration_s')::numeric, 86400)::double precision), 'HH24:MI:SS')))),
               ('What', 1, 'Symptom', d.w ->> (s.symptom || CASE WHEN (s.b ->> 'persistent')::boolean THEN ' persistent' ELSE '' END)),
               ('What', 2, 'State', d.w ->> (s.b ->> 'state')),
               ('What', 3, 'Cause', coalesce((s.b ->> 'cause_title') || ' (' || s.cause || ')', s.cause, d.w ->> 'unknown')),
               ('What', 4, 'Side', coalesce(d.w ->> s.side::text, d.w ->> 'unknown')),
               ('What', 5, 'Confidence', coalesce(d.w ->> s.confidence::text, d.w ->> 'unknown')),
               ('What', 6, 'Refused now by', coalesce((s.b ->> 'blocker_title') || ' (' || s.blocker || ')', s.blocker)),
               ('What', 7, 'The log cannot exclude', (
                    SELECT string_agg(coalesce(CASE api_report.lang WHEN 'ja' THEN c.title_ja ELSE c.title_en END || ' (' || x.slug || ')', x.slug), ', ' ORDER BY x.n)
                      FROM unnest(s.alternatives) WITH ORDINALITY AS x (slug, n)
                      LEFT JOIN ikewatch.cause AS c ON c.slug = x.slug)),
               ('What', 8, 'Known defect', s.defect || ' (' || (d.w ->> coalesce(s.defect_confidence::text, 'possible')) || ')'),
               ('What', 9, 'Other tunnels', a.others), ('What', 10, 'Before', a.before::text)) AS f (block, n, label, value)
         WHERE f.value IS NOT NULL
         GROUP BY f.block
    ), proposals AS (
        SELECT string_agg(format('- %s: %s', d.w ->> p.name, p.value), E'\n' ORDER BY p.n) AS lines
          FROM subject AS s
         CROSS JOIN dictionary AS d
         CROSS JOIN LATERAL (
               SELECT l.n, l.name, coalesce((SELECT string_agg(x, ', ') FROM jsonb_array_elements_text(s.proposal_diff -> l.member) AS x), '-') AS value
                 FROM (VALUES (1, 'received', 'received'), (2, 'configured', 'configured'), (3, 'only configured', 'only_configured'),
                              (4, 'only received', 'only_received')) AS l (n, name, member)
                UNION ALL -- the words of classify/proposal_fix.c; its commands are kept
               SELECT 5, 'fix', replace(replace(replace(replace(replace(replace(replace(s.proposal_diff ->> 'fix',
                          x.a, d.w ->> x.a), x.b, d.w ->> x.b), x.c, d.w ->> x.c), x.d, d.w ->> x.d), x.e, d.w ->> x.e), x.f, d.w ->> x.f), x.g, d.w ->> x.g)
                 FROM (VALUES ('the vEdge has no suite like the peer''s: on the peer (IOS-XE) set ', 'on the vEdge set ',
                               '; or on the peer (IOS-XE) ', 'a proposal that the vEdge has', ' in its ', ' and ', '(none with GCM)'))
                      AS x (a, b, c, d, e, f, g)) AS p
         WHERE s.proposal_diff IS NOT NULL AND p.value IS NOT NULL
    ), asked AS (
        SELECT CASE WHEN s.side IN ('network', 'unknown') OR s.side IS NULL OR s.cause = 'local-uplink-lost' THEN
                   concat_ws(E'\n', CASE WHEN s.onset_earliest IS NOT NULL AND u.request IS NOT NULL THEN '- ' || format(d.w ->> 'ask facts', s.there, ikewatch.api_moment(s.onset_earliest, s.zone),
                                             ikewatch.api_moment(s.onset_latest, s.zone), u.request ->> 'message_id', u.request ->> 'retransmits') END,
                             '- ' || format(d.w ->> 'ask outage', CASE WHEN s.circuit_id IS NULL THEN '' ELSE format(d.w ->> 'ask on circuit', s.circuit_id) END, s.here, s.there,
                                             ikewatch.api_moment(coalesce(s.onset_earliest, s.began), s.zone),
                                             coalesce(ikewatch.api_moment(s.ended, s.zone), d.w ->> 'now')),
                             '- ' || (d.w ->> 'ask ports'), '- ' || (d.w ->> 'ask ticket')) END AS carrier,
               CASE WHEN s.side IN ('peer', 'both', 'network', 'unknown') OR s.side IS NULL THEN
                   concat_ws(E'\n', '- ' || format(CASE WHEN s.side = 'peer' THEN d.w ->> 'peer why' ELSE d.w ->> 'peer log' END, s.there, s.here,
                                             ikewatch.api_moment(coalesce(s.onset_earliest, s.began), s.zone),
                                             coalesce(ikewatch.api_moment(s.ended, s.zone), d.w ->> 'now')),
                             '- ' || (d.w ->> 'peer work'),
                             CASE WHEN s.side = 'both' OR (s.side = 'peer' AND s.symptom = 'not-established') THEN '- ' || format(d.w ->> 'peer settings', s.here) END) END AS peer
          FROM subject AS s
         CROSS JOIN dictionary AS d
         CROSS JOIN LATERAL (SELECT ikewatch.api_first_unanswered(s.incident_id) AS request) AS u
    ), pages AS (
        SELECT format('# ' || (d.w ->> 'title'), s.b ->> 'tunnel', s.b ->> 'device', coalesce(s.b ->> 'cause_title', s.cause, d.w ->> 'cause unknown'))
               || E'\n\n' || coalesce((s.b ->> 'verdict') || E'\n\n', '') || coalesce((s.parts ->> 'explain') || E'\n\n', '')
               || (d.w ->> CASE WHEN s.zone IS NULL THEN 'clock' ELSE 'clock local' END) || E'\n\n' AS head,
               (SELECT string_agg(format('%s. %s', x.n, x.step), E'\n' ORDER BY x.n)
                  FROM json_array_elements_text(s.parts -> 'verify') WITH ORDINALITY AS x (step, n)) AS verify,
               (SELECT string_agg(format('%s. %s', x.n, x.step), E'\n' ORDER BY x.n)
                  FROM json_array_elements_text(s.parts -> 'mend') WITH ORDINALITY AS x (step, n)) AS mend,
               s.parts ->> 'enable' AS enable
          FROM subject AS s
         CROSS JOIN dictionary AS d
    )
    SELECT p.head || string_agg(c.heading || c.lines || E'\n', E'\n' ORDER BY c.n)
      FROM pages AS p
     CROSS JOIN dictionary AS d
     CROSS JOIN asked AS a
     CROSS JOIN LATERAL (
           SELECT h.n, '## ' || (d.w ->> h.name) || E'\n\n' AS heading, rtrim(h.lines, E'\n') AS lines
             FROM (VALUES
                  (1, 'Who', (SELECT f.lines FROM facts AS f WHERE f.block = 'Who')),
                  (2, 'When', (SELECT f.lines FROM facts AS f WHERE f.block = 'When')),
                  (3, 'What', (SELECT f.lines FROM facts AS f WHERE f.block = 'What')),
                  (4, 'Proposals', (SELECT x.lines FROM proposals AS x)),
                  (5, 'Asked of the carrier', a.carrier),
                  (6, 'For the peer''s operator to check', a.peer),
                  (7, 'Requests repeated, refused or unanswered',
                      (SELECT (d.w ->> 'columns') || E'\n|---|---|---|---|---|---|---|\n' || x.lines FROM schedule AS x)),
                  (8, 'Evidence', (SELECT coalesce((d.w ->> 'lines') || E'\n\n```\n' || x.lines || E'\n```', d.w ->> 'no lines') FROM proof AS x)),
                  (9, 'How to check', p.verify),
                  (10, 'How to repair', p.mend),
                  (11, 'What to turn on', p.enable)) AS h (n, name, lines)
            WHERE h.lines IS NOT NULL) AS c
     GROUP BY p.head;
END;
COMMENT ON FUNCTION ikewatch.api_report(bigint, interval, interval, text) IS 'GET /v1/incidents/{id}/report';
