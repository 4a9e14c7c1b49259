\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_device('4.0.5.1', '15m');
SELECT count(*) FROM ikewatch.api_device('vedge09', '15m');
