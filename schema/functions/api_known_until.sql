-- api_known_until(last_seen, as_of, silent_after) — until when we know how a device's tunnels were.
--
-- In      last_seen     timestamptz  the device's latest line
--         as_of         timestamptz  api_as_of(); NULL: nothing has been read by ingest
--         silent_after  interval
-- Out     timestamptz  its last line if it is silent, else as_of: what came after is unknown, never counted as up or down
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_known_until(last_seen timestamptz, as_of timestamptz, silent_after interval)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN api_known_until.last_seen < api_known_until.as_of - api_known_until.silent_after THEN api_known_until.last_seen
                ELSE greatest(api_known_until.last_seen, api_known_until.as_of) END;
END;
COMMENT ON FUNCTION ikewatch.api_known_until(timestamptz, timestamptz, interval) IS 'Until when we know how a device''s tunnels were';
