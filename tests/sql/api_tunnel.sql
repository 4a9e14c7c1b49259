\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_tunnel('vedge01', 'ipsec1', '10m', '15m', 'en');
SELECT a::json -> 'data' ->> 'incident' = a::json -> 'data' -> 'current_incident' ->> 'id' AS same FROM ikewatch.api_tunnel('4.0.5.1', 'ipsec2', '10m', '15m', 'ja') AS a;
SELECT count(*) FROM ikewatch.api_tunnel('vedge01', 'ipsec9', '10m', '15m', 'en');
