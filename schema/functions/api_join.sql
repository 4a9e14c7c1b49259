-- api_join(body, more) — one JSON object with the members of two, in their order.
--
-- In      body, more  json  objects with at least one member each, no name in both
-- Out     json
-- Used by api_tunnel, api_incident, api_peer; jsonb would sort the members
CREATE OR REPLACE FUNCTION ikewatch.api_join(body json, more json)
RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (left(api_join.body::text, -1) || ', ' || substr(api_join.more::text, 2))::json;
END;
COMMENT ON FUNCTION ikewatch.api_join(json, json) IS 'One JSON object with the members of two';
