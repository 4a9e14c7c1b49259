-- One in a day's own table, the others among the outliers.
\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '-requested', 2, '15m');
SELECT r ->> 'id' AS id, r ->> 'tunnel' AS tunnel, r ->> 'outcome' AS outcome FROM ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, '{ipsec1}', NULL, '{out}', '{unanswered,answered}', NULL, NULL, 'requested', 9, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT a::json -> 'data' -> 0 ->> 'answer_s' AS answer_s FROM ikewatch.api_exchanges('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, 'requested', 9, '15m') AS a;
