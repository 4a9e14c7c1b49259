\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_incident(101, '10m', '15m', 'en');
SELECT count(*) FROM ikewatch.api_incident(999, '10m', '15m', 'en');
