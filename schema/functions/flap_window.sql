-- flap_window() — the time within which an outage must end to be a flap.
--
-- Out     interval
-- Reads   setting
-- Used by schema/queries/rollup_*.sql and the functions of the API
CREATE OR REPLACE FUNCTION ikewatch.flap_window()
RETURNS interval
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT s.value * interval '1 millisecond' FROM ikewatch.setting AS s WHERE s.name = 'flap_window_ms';
END;
COMMENT ON FUNCTION ikewatch.flap_window() IS 'An outage that ended within this time is a flap';
