SELECT ikewatch.api_as_of() IS NULL AS nothing_read;
INSERT INTO ikewatch.position (consumer_group, topic, partition, "position", end_offset, watermark, heartbeat_at) VALUES
    ('g', 't', 0, 4, 10, '2026-03-01 01:00Z', now()), ('g', 't', 1, 10, 10, '2026-02-01 01:00Z', now()), ('g', 't', 2, 0, 0, NULL, now());
SELECT ikewatch.api_as_of();
