-- api_status(silent_after) — GET /v1/status: how far reading has come, and what could not be read.
--
-- Out     one text: partitions[], unknown_templates[] (the 100 most frequent), dead_letters[], gaps[], moved_devices[] (the latest 100)
-- Reads   position, unknown_template, dead_letter_count, gap, device_move, device
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_status(silent_after interval)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_thing(json_build_object(
        'partitions', coalesce((
            SELECT json_agg(json_build_object('topic', p.topic, 'partition', p.partition, 'position', p."position", 'end', p.end_offset,
                                'lag_messages', p.behind,
                                'lag_seconds', CASE WHEN p.behind = 0 AND p.owned THEN 0
                                                    WHEN p.as_of < now() THEN ikewatch.api_seconds(now() - p.as_of)
                                                    WHEN p.as_of IS NOT NULL THEN 0 END,
                                'owner', CASE WHEN p.owned THEN p.owner END, 'epoch', p.epoch,
                                'committed_at', ikewatch.api_time(p.committed_at), 'data_as_of', ikewatch.api_time(p.as_of))
                            ORDER BY p.topic, p.partition)
              FROM ikewatch.api_partitions() AS p), '[]'),
        'unknown_templates', coalesce((
            SELECT json_agg(json_build_object('template', u.template, 'count', u.count, 'sample', u.sample,
                                'first_seen', ikewatch.api_time(u.first_seen), 'last_seen', ikewatch.api_time(u.last_seen))
                            ORDER BY u.count DESC, u.template)
              FROM (SELECT t.template, sum(t.count)::bigint AS count, min(t.sample) AS sample, min(t.first_seen) AS first_seen,
                           max(t.last_seen) AS last_seen
                      FROM ikewatch.unknown_template AS t
                     GROUP BY t.template_id, t.template
                     ORDER BY sum(t.count) DESC, t.template
                     LIMIT 100) AS u), '[]'),
        'dead_letters', coalesce((
            SELECT json_agg(json_build_object('reason', l.reason, 'count', l.count) ORDER BY l.count DESC, l.reason)
              FROM (SELECT d.reason, sum(d.count)::bigint AS count FROM ikewatch.dead_letter_count AS d GROUP BY d.reason) AS l), '[]'),
        'gaps', coalesce((
            SELECT json_agg(json_build_object('topic', g.topic, 'partition', g.partition, 'from', g.from_offset, 'to', g.to_offset,
                                'reason', g.reason, 'noticed_at', ikewatch.api_time(g.noticed_at))
                            ORDER BY g.topic, g.partition, g.from_offset)
              FROM ikewatch.gap AS g), '[]'),
        'moved_devices', coalesce((
            SELECT json_agg(json_build_object('device', m.name, 'topic', m.topic, 'from', nullif(m.from_partition, -1), 'to', m.partition,
                                'noticed_at', ikewatch.api_time(m.noticed_at)) ORDER BY m.noticed_at DESC, m.name)
              FROM (SELECT d.name, v.topic, v.from_partition, v.partition, v.noticed_at
                      FROM ikewatch.device_move AS v
                      JOIN ikewatch.device AS d ON d.device_id = v.device_id
                     ORDER BY v.noticed_at DESC, d.name
                     LIMIT 100) AS m), '[]')), api_status.silent_after);
END;
COMMENT ON FUNCTION ikewatch.api_status(interval) IS 'GET /v1/status';
