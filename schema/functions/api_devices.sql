-- api_devices(…) — GET /v1/devices.
--
-- In      filters as api_device_rows; row_order: name, -flaps
-- Out     one text, the page
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_devices(device text[], system_ip text[], row_order text, row_limit integer, silent_after interval,
    site text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(json_agg(r.body ORDER BY r.n) FILTER (WHERE r.n <= api_devices.row_limit), count(*), api_devices.row_limit,
               api_devices.silent_after)
      FROM (SELECT row_number() OVER (ORDER BY CASE api_devices.row_order WHEN '-flaps' THEN -d.flaps_24h END, d.device_name) AS n, d.body
              FROM ikewatch.api_device_rows(api_devices.device, api_devices.system_ip, api_devices.silent_after, site => api_devices.site) AS d
             ORDER BY n
             LIMIT api_devices.row_limit + 1) AS r;
END;
COMMENT ON FUNCTION ikewatch.api_devices(text[], text[], text, integer, interval, text[]) IS 'GET /v1/devices';
