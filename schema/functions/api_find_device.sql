-- api_find_device(device_name) — the device that a path means.
--
-- In      device_name  text  its name, else its system-ip
-- Out     text  the name; NULL: there is none
-- Reads   device
-- Used by api_device, api_device_tunnels, api_tunnel
CREATE OR REPLACE FUNCTION ikewatch.api_find_device(device_name text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT d.name
      FROM ikewatch.device AS d
     WHERE d.name = api_find_device.device_name OR d.system_ip = api_find_device.device_name
     ORDER BY d.name = api_find_device.device_name DESC, d.last_seen DESC NULLS LAST
     LIMIT 1;
END;
COMMENT ON FUNCTION ikewatch.api_find_device(text) IS 'The device that a path means';
