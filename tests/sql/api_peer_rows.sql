\set ECHO errors
\i api.data
\set ECHO all
SELECT * FROM ikewatch.api_peer_rows(NULL, NULL, NULL, NULL, NULL, '15m') ORDER BY 1;
