-- api_device(device_name, silent_after) — GET /v1/devices/{device}.
--
-- In      device_name  text  name or system-ip
-- Out     one text; no row: no such device
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_device(device_name text, silent_after interval)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_thing(d.body, api_device.silent_after)
      FROM ikewatch.api_device_rows(ARRAY[(SELECT ikewatch.api_find_device(api_device.device_name))], NULL, api_device.silent_after) AS d;
END;
COMMENT ON FUNCTION ikewatch.api_device(text, interval) IS 'GET /v1/devices/{device}';
