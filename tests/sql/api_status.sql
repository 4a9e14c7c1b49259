INSERT INTO ikewatch.position (consumer_group, topic, partition, "position", epoch, end_offset, watermark, heartbeat_at) VALUES ('g', 't', 0, 4, 1, 10, '2026-03-01 01:00Z', '2026-03-01 02:00Z'), ('g', 't', 1, 0, 0, NULL, NULL, NULL);
INSERT INTO ikewatch.unknown_template (consumer_group, topic, partition, template_id, template, sample, count, first_seen, last_seen) VALUES
    ('g', 't', 0, 1, 'odd #', 'odd 1', 3, '2026-03-01 01:00Z', '2026-03-01 02:00Z'), ('g', 't', 1, 1, 'odd #', 'odd 2', 4, '2026-03-01 00:00Z', '2026-03-01 01:00Z'), ('g', 't', 1, 2, 'rare', 'rare', 1, NULL, NULL);
INSERT INTO ikewatch.dead_letter (topic, partition, source_offset, consumer_group, reason) VALUES ('t', 0, 1, 'g', 'empty'), ('t', 0, 2, 'g', 'empty'), ('t', 0, 3, 'g', 'bad-json');
INSERT INTO ikewatch.gap (consumer_group, topic, partition, from_offset, to_offset, reason, noticed_at) VALUES ('g', 't', 1, 0, 7, 'deleted', '2026-03-01 00:00Z');
SELECT jsonb_pretty((a::jsonb -> 'data') #- '{partitions,0,lag_seconds}') FROM ikewatch.api_status('15m') AS a;
