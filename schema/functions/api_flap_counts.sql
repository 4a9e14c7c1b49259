-- api_flap_counts() — flaps by tunnel in the last hour, day and week, for lists of tunnels, devices and peers.
--
-- Out     one row a tunnel (after merges) that had any
-- Reads   outage (outage_down_idx), tunnel
-- Used by api_tunnel_rows, api_devices, api_peers, api_fleet
CREATE OR REPLACE FUNCTION ikewatch.api_flap_counts()
RETURNS TABLE (device_id bigint, tunnel_id bigint, flaps_1h bigint, flaps_24h bigint, flaps_7d bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH recent AS MATERIALIZED ( -- by the range alone: the planner must not look tunnel by tunnel
        SELECT o.device_id, o.tunnel_id, o.down_at
          FROM ikewatch.outage AS o
         WHERE o.down_at >= now() - interval '7 days' AND o.down_at < now()
           AND o.up_at - o.down_at <= (SELECT ikewatch.flap_window()) AND o.cause IS DISTINCT FROM 'admin-shutdown'
    )
    SELECT o.device_id, coalesce(t.merged_into, t.tunnel_id), count(*) FILTER (WHERE o.down_at >= now() - interval '1 hour'),
           count(*) FILTER (WHERE o.down_at >= now() - interval '24 hours'), count(*)
      FROM recent AS o
      JOIN ikewatch.tunnel AS t ON t.device_id = o.device_id AND t.tunnel_id = o.tunnel_id
     GROUP BY o.device_id, coalesce(t.merged_into, t.tunnel_id);
END;
COMMENT ON FUNCTION ikewatch.api_flap_counts() IS 'Flaps by tunnel in the last hour, day and week';
