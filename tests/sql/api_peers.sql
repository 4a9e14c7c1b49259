\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_peers(NULL, NULL, NULL, NULL, NULL, 'name', 1, '15m');
