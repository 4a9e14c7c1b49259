\set ECHO errors
\i api.data
\set ECHO all
SELECT device_name, tunnel_name, state, flaps_24h, body FROM ikewatch.api_tunnel_rows(NULL, NULL, NULL, NULL, NULL, '15m') ORDER BY tunnel_id;
