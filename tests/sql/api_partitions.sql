-- Read to its end, behind, empty, left by its owner; of two groups the one that lives.
INSERT INTO ikewatch.position (consumer_group, topic, partition, "position", epoch, owner, end_offset, watermark, heartbeat_at) VALUES
    ('g', 't', 0, 10, 3, 'a', 10, '2026-03-01 00:00Z', now()), ('g', 't', 1, 4, 1, 'a', 10, '2026-03-01 01:00Z', now()),
    ('g', 't', 2, 0, 1, 'a', 0, NULL, now()), ('g', 't', 3, 5, 1, 'a', 5, '2026-03-01 02:00Z', now() - interval '16 seconds'),
    ('g', 't', 4, 0, 0, NULL, NULL, NULL, NULL), ('old', 't', 0, 2, 1, 'b', 10, '2025-03-01 00:00Z', now() - interval '1 day');
BEGIN;
UPDATE ikewatch.position SET heartbeat_at = now() WHERE partition < 3 AND consumer_group = 'g';
SELECT topic, partition, "position", end_offset, behind, owner, owned, epoch, CASE WHEN as_of = now() THEN 'now' WHEN as_of > now() - interval '1 minute' THEN 'heartbeat' ELSE as_of::text END AS as_of
  FROM ikewatch.api_partitions() AS p;
COMMIT;
