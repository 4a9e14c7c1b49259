\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_transitions('2026-03-01Z', '2026-03-01 12:00Z', NULL, NULL, NULL, NULL, NULL, NULL, 'time', 3, '15m');
SELECT r ->> 'tunnel' AS tunnel, r ->> 'time' AS time FROM ikewatch.api_transitions('2026-03-01Z', '2026-03-02Z', NULL, NULL, NULL, NULL, NULL, 'down', '-time', 9, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
