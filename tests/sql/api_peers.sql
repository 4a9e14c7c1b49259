\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_peers(NULL, NULL, NULL, NULL, NULL, 'name', 1, '15m');
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT r ->> 'peer' AS peer FROM ikewatch.api_peers(NULL, NULL, NULL, NULL, NULL, 'name', 9, '15m', carrier => '{KDDI}') AS a, json_array_elements(a::json -> 'data') AS r;
