\set ECHO errors
\i api.data
\set ECHO all
SELECT device_name, flaps_24h, body FROM ikewatch.api_device_rows(NULL, NULL, '15m') ORDER BY 1;
