\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_devices(NULL, NULL, 'name', 1, '15m');
SELECT ikewatch.api_devices(NULL, '{4.0.5.2}', '-flaps', 10, '15m');
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT r ->> 'device' AS device, r ->> 'site' AS site FROM ikewatch.api_devices(NULL, NULL, 'name', 10, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT r ->> 'device' AS device FROM ikewatch.api_devices(NULL, NULL, 'name', 10, '15m', site => '{Tokyo,Kyoto}') AS a, json_array_elements(a::json -> 'data') AS r;
