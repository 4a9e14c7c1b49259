-- api_freshness(silent_after) — how old an answer is, for every answer.
--
-- In      silent_after  interval  a device without a line for this long is silent
-- Out     json  data_as_of, lag_seconds, complete, silent_devices
-- Reads   position, device
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_freshness(silent_after interval)
RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT json_build_object(
               'data_as_of', ikewatch.api_time(f.as_of),
               'lag_seconds', ikewatch.api_seconds(CASE WHEN f.as_of < now() THEN now() - f.as_of WHEN f.as_of IS NOT NULL THEN interval '0' END),
               'complete', f.complete,
               'silent_devices', (SELECT count(*) FROM ikewatch.device AS d
                                   WHERE d.last_seen < f.as_of - api_freshness.silent_after))
      FROM (SELECT min(p.as_of) AS as_of, coalesce(bool_and(p.owned AND coalesce(p.behind = 0, false)), false) AS complete
              FROM ikewatch.api_partitions() AS p) AS f;
END;
COMMENT ON FUNCTION ikewatch.api_freshness(interval) IS 'How old an answer is';
