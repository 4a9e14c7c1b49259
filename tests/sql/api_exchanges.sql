-- One in a day's own table, the others among the outliers.
\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '-requested', 2, '15m');
SELECT r ->> 'id' AS id, r ->> 'tunnel' AS tunnel, r ->> 'outcome' AS outcome FROM ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, '{ipsec1}', NULL, '{out}', '{unanswered,answered}', NULL, NULL, 'requested', 9, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT a::json -> 'data' -> 0 ->> 'answer_s' AS answer_s FROM ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, 'requested', 9, '15m') AS a;
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT r ->> 'id' AS id, r ->> 'tunnel' AS tunnel FROM ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'requested', 9, '15m', carrier => '{NTT}') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT a::json -> 'data' AS data FROM ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'requested', 9, '15m', site => '{Osaka}') AS a;
