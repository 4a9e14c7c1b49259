-- api_device_tunnels(…) — GET /v1/devices/{device}/tunnels.
--
-- In      device_name  text    name or system-ip
--         state        text[]  of the tunnel, NULL: any
-- Out     one text, the page; no row: no such device
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_device_tunnels(device_name text, state text[], row_limit integer, silent_after interval)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.page
      FROM (SELECT (SELECT ikewatch.api_find_device(api_device_tunnels.device_name)) AS name) AS d -- asked once, not tunnel by tunnel
     CROSS JOIN LATERAL ikewatch.api_tunnels(ARRAY[d.name], NULL, NULL, NULL, NULL, api_device_tunnels.state, 'name',
                            api_device_tunnels.row_limit, api_device_tunnels.silent_after) AS p (page)
     WHERE d.name IS NOT NULL;
END;
COMMENT ON FUNCTION ikewatch.api_device_tunnels(text, text[], integer, interval) IS 'GET /v1/devices/{device}/tunnels';
