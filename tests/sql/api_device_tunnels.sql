\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_device_tunnels('4.0.5.2', NULL, 100, '15m');
SELECT ikewatch.api_device_tunnels('vedge03', NULL, 100, '15m');
SELECT count(*) FROM ikewatch.api_device_tunnels('vedge09', NULL, 100, '15m');
