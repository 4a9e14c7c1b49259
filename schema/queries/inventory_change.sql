-- inventory_change: the devices that are staged become what is staged of them; other devices stay. Needs inventory_lock.
--
-- Out     one row a device, by name: device, tunnels now, of them new, of them changed; removed. The three statements touch different rows
WITH removed AS (
    DELETE FROM ikewatch.inventory AS i
     WHERE i.device IN (SELECT s.device FROM pg_temp.stage_inventory AS s)
       AND NOT EXISTS (SELECT FROM pg_temp.stage_inventory AS s WHERE s.device = i.device AND s.tunnel = i.tunnel)
 RETURNING i.device
), changed AS (
    UPDATE ikewatch.inventory AS i
       SET site = s.site, carrier = s.carrier, circuit_id = s.circuit_id, peer_name = s.peer_name, contract = s.contract,
           system_ip = s.system_ip, tz = s.tz, vpn_id = s.vpn_id, local = s.local, peer = s.peer, imported_at = s.imported_at
      FROM pg_temp.stage_inventory AS s
     WHERE s.device = i.device AND s.tunnel = i.tunnel
       AND (i.site, i.carrier, i.circuit_id, i.peer_name, i.contract, i.system_ip, i.tz, i.vpn_id, i.local, i.peer)
           IS DISTINCT FROM
           (s.site, s.carrier, s.circuit_id, s.peer_name, s.contract, s.system_ip, s.tz, s.vpn_id, s.local, s.peer)
 RETURNING i.device
), added AS (
    INSERT INTO ikewatch.inventory
    SELECT s.*
      FROM pg_temp.stage_inventory AS s
     WHERE NOT EXISTS (SELECT FROM ikewatch.inventory AS i WHERE i.device = s.device AND i.tunnel = s.tunnel)
 RETURNING device
), event (device, staged, new, changed, removed) AS (
    SELECT s.device, 1, 0, 0, 0 FROM pg_temp.stage_inventory AS s
     UNION ALL
    SELECT a.device, 0, 1, 0, 0 FROM added AS a
     UNION ALL
    SELECT c.device, 0, 0, 1, 0 FROM changed AS c
     UNION ALL
    SELECT r.device, 0, 0, 0, 1 FROM removed AS r
)
SELECT e.device, sum(e.staged), sum(e.new), sum(e.changed), sum(e.removed)
  FROM event AS e
 GROUP BY e.device
 ORDER BY e.device
