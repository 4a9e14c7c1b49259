\set ECHO errors
\i api.data
\set ECHO all
SELECT r -> 'group' AS key, r ->> 'outages' AS outages, r ->> 'flaps' AS flaps, r ->> 'near_misses' AS near_misses, r ->> 'open' AS open, r ->> 'downtime_s' AS downtime_s,
       r ->> 'blackout_s' AS blackout_s, r ->> 'unknown_s' AS unknown_s, round((r ->> 'availability')::numeric, 6) AS availability, r ->> 'mttr_s' AS mttr_s, r ->> 'mtbf_s' AS mtbf_s
  FROM ikewatch.api_flaps('{device,tunnel}', '2026-03-01Z', '2026-03-02Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'group', 100, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT ikewatch.api_flaps('{device}', '2026-03-01Z', '2026-03-02Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '-flaps', 1, '15m');
SELECT ikewatch.api_flaps('{}', '2026-03-01Z', '2026-03-02Z', 'UTC', '{vedge01}', NULL, NULL, NULL, NULL, NULL, '{path-loss}', NULL, NULL, NULL, NULL, 'group', 10, '15m');
SELECT ikewatch.api_flaps('{cause,day}', '2026-03-01Z', '2026-03-02Z', 'Nowhere/City', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'group', 10, '15m');
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT r FROM ikewatch.api_flaps('{device}', '2026-03-01Z', '2026-03-02Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'group', 100, '15m', carrier => '{NTT}') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT r ->> 'outages' AS outages, r ->> 'tunnels' AS tunnels FROM ikewatch.api_flaps('{}', '2026-03-01Z', '2026-03-02Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'group', 100, '15m', site => '{Osaka}') AS a, json_array_elements(a::json -> 'data') AS r;
SELECT r -> 'group' AS key, r ->> 'tunnels' AS tunnels, r ->> 'outages' AS outages, r ->> 'downtime_s' AS downtime_s
  FROM ikewatch.api_flaps('{site,carrier}', '2026-03-01Z', '2026-03-02Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'group', 100, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge77', 'ipsec1', 'Nagoya', 'NTT');
SELECT r -> 'group' AS key, r ->> 'tunnels' AS tunnels, r ->> 'outages' AS outages
  FROM ikewatch.api_flaps('{site}', '2026-03-01Z', '2026-03-02Z', 'UTC', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'group', 100, '15m') AS a, json_array_elements(a::json -> 'data') AS r;
