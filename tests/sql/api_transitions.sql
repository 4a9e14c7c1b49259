\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_transitions('2026-03-01Z', '2026-03-01 12:00Z', NULL, NULL, NULL, NULL, NULL, NULL, 'time', 3, '15m');
SELECT r ->> 'tunnel' AS tunnel, r ->> 'time' AS time FROM ikewatch.api_transitions('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, 'down', '-time', 9, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT r ->> 'tunnel' AS tunnel, r ->> 'time' AS time FROM ikewatch.api_transitions('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, '-time', 9, '15m', carrier => '{KDDI}') AS a, json_array_elements(a::json -> 'data') AS r;
