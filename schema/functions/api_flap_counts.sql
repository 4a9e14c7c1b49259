-- api_flap_counts() — flaps by tunnel in the last hour, day and week, for lists of tunnels, devices and peers.
--
-- Out     one row a tunnel (after merges) that had any
-- Reads   outage, tunnel_name
-- Used by api_tunnel_rows, api_devices, api_peers, api_fleet
CREATE OR REPLACE FUNCTION ikewatch.api_flap_counts()
RETURNS TABLE (device_id bigint, tunnel_id bigint, flaps_1h bigint, flaps_24h bigint, flaps_7d bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT o.device_id, n.resolved_id, count(*) FILTER (WHERE o.down_at >= now() - interval '1 hour'),
           count(*) FILTER (WHERE o.down_at >= now() - interval '24 hours'), count(*)
      FROM ikewatch.outage AS o
      JOIN ikewatch.tunnel_name AS n ON n.device_id = o.device_id AND n.tunnel_id = o.tunnel_id
     WHERE o.down_at >= now() - interval '7 days' AND o.down_at < now()
       AND o.up_at - o.down_at <= ikewatch.flap_window() AND o.cause IS DISTINCT FROM 'admin-shutdown'
     GROUP BY o.device_id, n.resolved_id;
END;
COMMENT ON FUNCTION ikewatch.api_flap_counts() IS 'Flaps by tunnel in the last hour, day and week';
