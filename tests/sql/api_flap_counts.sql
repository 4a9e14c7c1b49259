\set ECHO errors
\i api.data
\set ECHO all
BEGIN;
INSERT INTO ikewatch.outage (device_id, outage_id, tunnel_id, down_at, up_at, cause)
SELECT 1, 2000 + n, CASE WHEN n = 3 THEN 19 ELSE 12 END, now() - ago, now() - ago + lasted, CASE WHEN n = 5 THEN 'admin-shutdown' END
  FROM (VALUES (1, interval '30 minutes', interval '1 minute'), (2, '2 hours', '15 minutes'), (3, '2 days', '0'), (4, '3 hours', '15 minutes 1 second'), (5, '4 hours', '1 second'), (6, '8 days', '1 second')) AS v (n, ago, lasted);
SELECT * FROM ikewatch.api_flap_counts();
COMMIT;
