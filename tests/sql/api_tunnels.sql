\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_tunnels(NULL, NULL, NULL, NULL, NULL, '{down,never-up}', 'name', 1, '15m');
SELECT ikewatch.api_tunnels('{nowhere}', NULL, NULL, NULL, NULL, NULL, 'name', 100, '15m');
