-- 0009_inventory: what is configured, and what only its owner knows: sites, carriers, circuits, contracts.
--
-- Written by `ikewatch inventory import`: a file says all tunnels of the devices that it names. It meets what the logs say by the name of
-- the device and of the tunnel; no key refers to `device` or `tunnel`, as a configured tunnel may never have logged a line.
-- Not content: digest() leaves it out.
CREATE TABLE ikewatch.inventory (
    device      text NOT NULL,
    tunnel      text NOT NULL,
    site        text,
    carrier     text,
    circuit_id  text,
    peer_name   text,
    contract    text,
    system_ip   text,
    tz          text,
    vpn_id      integer,
    local       inet,
    peer        inet,
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device, tunnel)
);
COMMENT ON TABLE ikewatch.inventory IS 'Tunnels as configured, with their sites and circuits';
COMMENT ON COLUMN ikewatch.inventory.device IS 'As device.name';
COMMENT ON COLUMN ikewatch.inventory.tunnel IS 'As tunnel.name; unknown:PEER of a row that gave addresses only';
COMMENT ON COLUMN ikewatch.inventory.site IS 'Where the device stands; of vEdge CLI the site-id';
COMMENT ON COLUMN ikewatch.inventory.carrier IS 'Whose line the tunnel runs over';
COMMENT ON COLUMN ikewatch.inventory.circuit_id IS 'The carrier''s name of the line';
COMMENT ON COLUMN ikewatch.inventory.peer_name IS 'Who or what the other end is';
COMMENT ON COLUMN ikewatch.inventory.contract IS 'What the carrier wants quoted';
COMMENT ON COLUMN ikewatch.inventory.system_ip IS 'Viptela system-ip of the device';
COMMENT ON COLUMN ikewatch.inventory.tz IS 'Zone of the device''s clock: Asia/Tokyo';
COMMENT ON COLUMN ikewatch.inventory.vpn_id IS 'Service VPN';
COMMENT ON COLUMN ikewatch.inventory.local IS 'The device''s address';
COMMENT ON COLUMN ikewatch.inventory.peer IS 'The other end''s address';
COMMENT ON COLUMN ikewatch.inventory.imported_at IS 'When a file last changed this row';
