\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_devices(NULL, NULL, 'name', 1, '15m');
SELECT ikewatch.api_devices(NULL, '{4.0.5.2}', '-flaps', 10, '15m');
