-- api_moment(moment, zone) — a moment as people read it in a report: UTC and, behind it, the local time of the site.
--
-- In      zone  text  a name of pg_timezone_names; NULL: not known
-- Out     text  2026-03-01 00:24:08 UTC (2026-03-01 09:24:08 Asia/Tokyo); NULL for NULL
-- Used by api_report
CREATE OR REPLACE FUNCTION ikewatch.api_moment(moment timestamptz, zone text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT to_char(api_moment.moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS" UTC"')
           || coalesce(to_char(api_moment.moment AT TIME ZONE api_moment.zone, '" ("YYYY-MM-DD HH24:MI:SS ') || api_moment.zone || ')', '');
END;
COMMENT ON FUNCTION ikewatch.api_moment(timestamptz, text) IS 'A moment in UTC and in the local time of a site';
