\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_incidents('2026-03-01Z', '2026-03-02Z', 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '-began', 2, '10m', '15m', 'en');
SELECT r ->> 'id' AS id FROM ikewatch.api_incidents('2026-03-01Z', '2026-03-02Z', 'closed', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ended', 9, '10m', '15m', 'en') AS a, json_array_elements(a::json -> 'data') AS r;
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT r ->> 'id' AS id FROM ikewatch.api_incidents('2026-03-01Z', '2026-03-02Z', 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'began', 9, '10m', '15m', 'en', site => '{Osaka}') AS a, json_array_elements(a::json -> 'data') AS r;
