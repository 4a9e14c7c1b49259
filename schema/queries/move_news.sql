-- move_news: incidents changed; see flush_incident.
--
-- In      $1 consumer group, $2 topic, $3 partition
SELECT pg_notify('ikewatch', json_build_object('group', $1::text, 'topic', $2::text, 'partition', $3::integer)::text)
