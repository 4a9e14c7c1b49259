\set ECHO errors
\i api.data
\set ECHO all
SELECT jsonb_pretty(a::jsonb -> 'data') FROM ikewatch.api_fleet('10m', '15m') AS a;
INSERT INTO ikewatch.position (consumer_group, topic, partition, "position", end_offset, watermark) VALUES ('g', 't', 0, 4, 10, '2026-03-01 06:20Z');
SELECT a::jsonb -> 'data' -> 'devices' AS devices, a::jsonb -> 'freshness' ->> 'silent_devices' AS silent FROM ikewatch.api_fleet('10m', '15m') AS a;
