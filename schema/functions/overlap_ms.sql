-- overlap_ms(starts, ends, lo, hi) — how long [starts, ends) and [lo, hi) overlap.
--
-- In      starts, ends  timestamptz  NULL ends: not ended, 0 is the answer
--         lo, hi        timestamptz
-- Out     bigint  whole milliseconds, 0 or more
-- Used by schema/queries/rollup_15m.sql and the functions of the API
CREATE OR REPLACE FUNCTION ikewatch.overlap_ms(starts timestamptz, ends timestamptz, lo timestamptz, hi timestamptz)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN overlap_ms.ends IS NULL THEN 0::bigint
                ELSE greatest(0, extract(epoch FROM least(overlap_ms.ends, overlap_ms.hi)
                                                  - greatest(overlap_ms.starts, overlap_ms.lo)) * 1000)::bigint END;
END;
COMMENT ON FUNCTION ikewatch.overlap_ms(timestamptz, timestamptz, timestamptz, timestamptz) IS 'Milliseconds that two half-open ranges share';
