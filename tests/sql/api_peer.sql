\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_peer('10.10.10.2', '15m');
SELECT count(*) FROM ikewatch.api_peer('10.99.0.1', '15m');
