-- api_thing(data, silent_after) — the answer that is one thing.
--
-- In      data  json
-- Out     text  {"data": {...}, "freshness": {...}}; NULL for NULL
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_thing(data json, silent_after interval)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '{"data": ' || api_thing.data::text || ', "freshness": ' || ikewatch.api_freshness(api_thing.silent_after)::text || E'}\n';
END;
COMMENT ON FUNCTION ikewatch.api_thing(json, interval) IS 'The answer that is one thing';
