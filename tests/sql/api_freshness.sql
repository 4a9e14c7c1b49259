\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_freshness('15m');
BEGIN;
INSERT INTO ikewatch.position (consumer_group, topic, partition, "position", owner, end_offset, watermark, heartbeat_at) VALUES ('g', 't', 0, 10, 'a', 10, '2026-03-01 01:00Z', now());
SELECT ikewatch.api_freshness('15m')::jsonb - 'data_as_of';
UPDATE ikewatch.position SET heartbeat_at = now() - interval '20 seconds';
SELECT ikewatch.api_freshness('15m')::jsonb - 'data_as_of';
UPDATE ikewatch.position SET heartbeat_at = now(), "position" = 9, watermark = '2026-03-01 06:10Z';
SELECT ikewatch.api_freshness('15m')::jsonb - 'lag_seconds';
COMMIT;
