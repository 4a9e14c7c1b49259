-- api_as_of() — the moment up to which all that is stored is complete.
--
-- Out     timestamptz; NULL while nothing has been read
-- Reads   position
-- Used by the api_ functions: what passing time changes (silent, open for …) is counted up to here, not up to now
CREATE OR REPLACE FUNCTION ikewatch.api_as_of()
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT min(p.as_of) FROM ikewatch.api_partitions() AS p;
END;
COMMENT ON FUNCTION ikewatch.api_as_of() IS 'The moment up to which the stored data are complete';
