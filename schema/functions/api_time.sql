-- api_time(moment) — a moment as the API writes it: RFC 3339, UTC, milliseconds only where there are any.
--
-- In      moment  timestamptz
-- Out     text    2026-03-01T00:24:08Z; NULL for NULL
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_time(moment timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT replace(to_char(api_time.moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '.000Z', 'Z');
END;
COMMENT ON FUNCTION ikewatch.api_time(timestamptz) IS 'A moment as RFC 3339 in UTC';
