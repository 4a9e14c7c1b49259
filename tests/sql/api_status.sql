INSERT INTO ikewatch.position (consumer_group, topic, partition, "position", epoch, end_offset, watermark, heartbeat_at) VALUES ('g', 't', 0, 4, 1, 10, '2026-03-01 01:00Z', '2026-03-01 02:00Z'), ('g', 't', 1, 0, 0, NULL, NULL, NULL);
INSERT INTO ikewatch.unknown_template (consumer_group, topic, partition, template_id, template, sample, count, first_seen, last_seen) VALUES
    ('g', 't', 0, 1, 'odd #', 'odd 1', 3, '2026-03-01 01:00Z', '2026-03-01 02:00Z'), ('g', 't', 1, 1, 'odd #', 'odd 2', 4, '2026-03-01 00:00Z', '2026-03-01 01:00Z'), ('g', 't', 1, 2, 'rare', 'rare', 1, NULL, NULL);
INSERT INTO ikewatch.dead_letter_count (topic, partition, consumer_group, reason, count) VALUES ('t', 0, 'g', 'empty', 1), ('t', 1, 'g', 'empty', 1), ('t', 0, 'g', 'bad-json', 1);
INSERT INTO ikewatch.gap (consumer_group, topic, partition, from_offset, to_offset, reason, noticed_at) VALUES ('g', 't', 1, 0, 7, 'deleted', '2026-03-01 00:00Z');
INSERT INTO ikewatch.device (device_id, name) VALUES (1, 'vedge01'), (2, 'vedge02');
INSERT INTO ikewatch.device_move (device_id, topic, partition, from_topic, from_partition, noticed_at) VALUES
    (1, 't', 1, 't', 0, '2026-03-01 00:00Z'), (2, 't', 1, 't', -1, '2026-03-01 01:00Z');
SELECT jsonb_pretty((a::jsonb -> 'data') #- '{partitions,0,lag_seconds}') FROM ikewatch.api_status('15m') AS a;
