-- 0002_fleet: devices and their tunnels, as they are now.
--
-- A device is the source of its syslog. A tunnel's id is the hash of the device and of the first identity seen and never changes; name and
-- addresses are attributes. A tunnel that turned out to be another one names it in merged_into, and the views show the other.
-- Ids are 64-bit hashes kept as bigint; outside SQL they are 16 hex digits. Every key starts with the device.
CREATE TABLE ikewatch.device (
    device_id    bigint PRIMARY KEY,
    name         text NOT NULL,
    system_ip    text,
    aliases      text[],
    first_seen   timestamptz,
    last_seen    timestamptz,
    lines        bigint,
    skew_ms      bigint,
    time_quality ikewatch.time_quality,
    booted       timestamptz
) WITH (fillfactor = 50);
CREATE INDEX device_name_idx ON ikewatch.device (name);
COMMENT ON TABLE ikewatch.device IS 'Devices: the sources of syslog';
COMMENT ON COLUMN ikewatch.device.device_id IS 'Hash of the name';
COMMENT ON COLUMN ikewatch.device.name IS 'The envelope''s host, else the record''s key, else the line''s host';
COMMENT ON COLUMN ikewatch.device.system_ip IS 'Viptela system-ip, as last seen';
COMMENT ON COLUMN ikewatch.device.aliases IS 'Other names that its lines carried, sorted';
COMMENT ON COLUMN ikewatch.device.first_seen IS 'First line, by the device''s clock';
COMMENT ON COLUMN ikewatch.device.last_seen IS 'Latest line, by the device''s clock';
COMMENT ON COLUMN ikewatch.device.lines IS 'Lines of charon and of Viptela daemons read';
COMMENT ON COLUMN ikewatch.device.skew_ms IS 'Running median of the device''s clock minus the record''s time; NULL when replayed';
COMMENT ON COLUMN ikewatch.device.time_quality IS 'Of its latest lines';
COMMENT ON COLUMN ikewatch.device.booted IS 'Last start of the IKE daemon seen';

CREATE TABLE ikewatch.tunnel (
    device_id   bigint NOT NULL,
    tunnel_id   bigint NOT NULL,
    name        text NOT NULL,
    vpn_id      integer,
    conn        text,
    local       inet,
    peer        inet,
    identity    ikewatch.identity,
    state       ikewatch.tunnel_state NOT NULL,
    since       timestamptz,
    first_seen  timestamptz,
    last_proof  timestamptz,
    next_rekey  timestamptz,
    predicted_down timestamptz,
    near_misses bigint,
    incident_id bigint,
    merged_into bigint,
    PRIMARY KEY (device_id, tunnel_id)
) WITH (fillfactor = 50);
CREATE INDEX tunnel_peer_idx ON ikewatch.tunnel (peer);
COMMENT ON TABLE ikewatch.tunnel IS 'IPsec tunnels, as they are now';
COMMENT ON COLUMN ikewatch.tunnel.device_id IS 'Whose tunnel it is';
COMMENT ON COLUMN ikewatch.tunnel.tunnel_id IS 'Hash of the device and of the first identity seen; never changes';
COMMENT ON COLUMN ikewatch.tunnel.name IS 'The interface, ipsec2; unknown:PEER while no name is known';
COMMENT ON COLUMN ikewatch.tunnel.vpn_id IS 'Service VPN';
COMMENT ON COLUMN ikewatch.tunnel.conn IS 'charon''s connection, ipsec2_1';
COMMENT ON COLUMN ikewatch.tunnel.local IS 'The device''s address';
COMMENT ON COLUMN ikewatch.tunnel.peer IS 'The other end''s address';
COMMENT ON COLUMN ikewatch.tunnel.identity IS 'What gave the name';
COMMENT ON COLUMN ikewatch.tunnel.state IS 'By FTMD, else by the presence of an installed CHILD_SA';
COMMENT ON COLUMN ikewatch.tunnel.since IS 'When it entered this state';
COMMENT ON COLUMN ikewatch.tunnel.first_seen IS 'First line that was bound to it';
COMMENT ON COLUMN ikewatch.tunnel.last_proof IS 'Last proof of life: an answered exchange, an UP, an established SA';
COMMENT ON COLUMN ikewatch.tunnel.next_rekey IS 'As scheduled by charon';
COMMENT ON COLUMN ikewatch.tunnel.predicted_down IS 'When the request under way will be given up, said at its first retransmission; NULL: nothing is unanswered, or the schedule is not known';
COMMENT ON COLUMN ikewatch.tunnel.near_misses IS 'Requests of an established SA answered only after retransmissions, so far';
COMMENT ON COLUMN ikewatch.tunnel.incident_id IS 'The open incident; NULL: none';
COMMENT ON COLUMN ikewatch.tunnel.merged_into IS 'The tunnel of the same device that this one turned out to be; NULL: itself';
