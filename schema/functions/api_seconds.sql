-- api_seconds(span) — a duration as the API writes it.
--
-- In      span    interval
-- Out     float8  seconds, to the millisecond; NULL for NULL
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_seconds(span interval)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT round(extract(epoch FROM api_seconds.span), 3)::double precision;
END;
COMMENT ON FUNCTION ikewatch.api_seconds(interval) IS 'A duration in seconds';
