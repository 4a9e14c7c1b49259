-- ike_sa_text(daemon_run, ike_sa) — an IKE_SA as people write it: "3", and "2.3" after charon was started a second time.
--
-- Out     text  NULL: the unique id is not known
-- Used by api_exchanges, api_first_unanswered
CREATE OR REPLACE FUNCTION ikewatch.ike_sa_text(daemon_run integer, ike_sa bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN daemon_run > 1 THEN daemon_run::text || '.' || ike_sa::text ELSE ike_sa::text END;
COMMENT ON FUNCTION ikewatch.ike_sa_text(integer, bigint) IS 'An IKE_SA as people write it';
