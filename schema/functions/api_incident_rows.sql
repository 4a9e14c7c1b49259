-- api_incident_rows(…) — incidents as the API shows them.
--
-- In      wanted  bigint  one incident; NULL: all that overlap [from_time, to_time) (either may be NULL: no bound)
--         state   text    open, closed, all; filters are arrays of which one must fit, NULL: any
--         lang    text    en or ja: texts of the catalogue
-- Out     one row an incident with what lists sort by, and its JSON (flat); texts are NULL where the catalogue has none; parts: advice in
--         its parts, steps as lists
-- Reads   incident (incident_id_idx, incident_began_idx, incident_ended_idx, incident_open_idx), tunnel_name, device, cause
-- Used by api_incidents, api_incident, api_tunnel, api_report
CREATE OR REPLACE FUNCTION ikewatch.api_incident_rows(wanted bigint, from_time timestamptz, to_time timestamptz, state text,
    device text[], system_ip text[], peer inet[], tunnel text[], vpn integer[], symptom text[], cause text[], blocker text[],
    side text[], confidence text[], defect text[], stay_down_after interval, silent_after interval, lang text,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS TABLE (device_id bigint, incident_id bigint, began timestamptz, ended timestamptz, body json, parts json)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT i.device_id, i.incident_id, i.began, i.ended,
           json_build_object(
               'id', ikewatch.id_text(i.incident_id), 'device', m.device_name, 'system_ip', m.device_ip, 'tunnel', m.tunnel_name,
               'vpn', m.vpn_id, 'local', host(m.local_addr), 'peer', host(m.peer_addr),
               'state', CASE WHEN i.ended IS NULL THEN 'open' ELSE 'closed' END, 'symptom', i.symptom,
               'persistent', i.ended IS NULL AND u.until - i.began > api_incident_rows.stay_down_after,
               'cause', i.cause, 'blocker', i.blocker, 'side', i.side, 'confidence', i.confidence,
               'alternatives', coalesce(to_json(i.alternatives), '[]'), 'defect', i.defect, 'defect_confidence', i.defect_confidence,
               'began', ikewatch.api_time(i.began), 'onset_earliest', ikewatch.api_time(i.onset_earliest),
               'onset_latest', ikewatch.api_time(i.onset_latest), 'declared', ikewatch.api_time(i.declared),
               'ended', ikewatch.api_time(i.ended), 'duration_s', ikewatch.api_seconds(coalesce(i.ended, greatest(u.until, i.began)) - i.began),
               'blackout_s', ikewatch.api_seconds(coalesce(i.ended, greatest(u.until, i.began)) - coalesce(i.onset_latest, i.began)),
               'predicted_down', ikewatch.api_time(i.predicted_down), 'proposal_diff', i.proposal_diff,
               'history', coalesce(i.history, '[]'), 'evidence_count', coalesce(i.evidence_count, 0),
               'cause_title', c.title, 'blocker_title', CASE api_incident_rows.lang WHEN 'ja' THEN b.title_ja ELSE b.title_en END,
               'verdict', c.verdict, 'advice', c.advice),
           json_build_object('explain', c.explain, 'verify', coalesce(string_to_array(c.verify, E'\n'), '{}'),
               'mend', coalesce(string_to_array(c.mend, E'\n'), '{}'), 'enable', c.enable)
      FROM (SELECT x.* FROM ikewatch.incident AS x WHERE x.incident_id = api_incident_rows.wanted
             UNION ALL -- apart, so that one is looked up by its index even when it is known only while the query runs
            SELECT x.* FROM ikewatch.incident AS x WHERE api_incident_rows.wanted IS NULL) AS i
      JOIN ikewatch.api_match(api_incident_rows.device, api_incident_rows.system_ip, api_incident_rows.peer,
               api_incident_rows.tunnel, api_incident_rows.vpn, site => api_incident_rows.site, carrier => api_incident_rows.carrier) AS m ON m.device_id = i.device_id AND m.tunnel_id = i.tunnel_id
     CROSS JOIN LATERAL (SELECT ikewatch.api_known_until(m.device_seen, (SELECT ikewatch.api_as_of()), api_incident_rows.silent_after) AS until) AS u
      LEFT JOIN LATERAL ikewatch.api_cause_texts(i.cause, api_incident_rows.lang,
                    i.confidence IS NOT DISTINCT FROM 'certain' AND coalesce(i.evidence_count, 0) > 0, i.proposal_diff IS NOT NULL, m.peer_addr, m.vpn_id, m.tunnel_name) AS c ON true
      LEFT JOIN ikewatch.cause AS b ON b.slug = i.blocker
     WHERE (api_incident_rows.to_time IS NULL OR i.began < api_incident_rows.to_time)
       AND (api_incident_rows.from_time IS NULL OR i.ended IS NULL OR i.ended > api_incident_rows.from_time
            OR i.began >= api_incident_rows.from_time)
       AND (api_incident_rows.state <> 'open' OR i.ended IS NULL) AND (api_incident_rows.state <> 'closed' OR i.ended IS NOT NULL)
       AND (api_incident_rows.symptom IS NULL OR i.symptom::text = ANY (api_incident_rows.symptom))
       AND (api_incident_rows.cause IS NULL OR i.cause = ANY (api_incident_rows.cause))
       AND (api_incident_rows.blocker IS NULL OR i.blocker = ANY (api_incident_rows.blocker))
       AND (api_incident_rows.side IS NULL OR i.side::text = ANY (api_incident_rows.side))
       AND (api_incident_rows.confidence IS NULL OR i.confidence::text = ANY (api_incident_rows.confidence))
       AND (api_incident_rows.defect IS NULL OR i.defect = ANY (api_incident_rows.defect));
END;
COMMENT ON FUNCTION ikewatch.api_incident_rows(bigint, timestamptz, timestamptz, text, text[], text[], inet[], text[], integer[], text[],
    text[], text[], text[], text[], text[], interval, interval, text, text[], text[]) IS 'Incidents as the API shows them';
