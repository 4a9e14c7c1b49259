SELECT ikewatch.api_thing('{"a": 1}', '15m');
SELECT ikewatch.api_thing(NULL, '15m') IS NULL AS nothing;
