-- A tunnel that turned out to be another one is shown as that one.
INSERT INTO ikewatch.device (device_id, name, system_ip) VALUES (1, 'vedge01', '4.0.5.1');
INSERT INTO ikewatch.tunnel (device_id, tunnel_id, name, vpn_id, local, peer, state, merged_into)
VALUES (1, 100, 'ipsec2', 1, '10.132.3.92', '10.10.10.1', 'down', NULL), (1, 101, 'unknown:10.10.10.1', NULL, NULL, '10.10.10.1', 'unknown', 100);
INSERT INTO ikewatch.incident (device_id, incident_id, tunnel_id, symptom, cause, began, ended)
VALUES (1, -1, 101, 'down', 'path-loss', '2026-06-18 00:31:17+00', '2026-06-18 00:41:17.5+00');
INSERT INTO ikewatch.outage (device_id, outage_id, tunnel_id, incident_id, down_at, up_at, blackout_from, cause, symptom)
VALUES (1, 5, 101, -1, '2026-06-18 00:31:17+00', '2026-06-18 00:41:17.5+00', '2026-06-18 00:25:21+00', 'path-loss', 'down'),
       (1, 6, 100, NULL, '2026-06-18 01:00+00', NULL, NULL, NULL, NULL);
INSERT INTO ikewatch.transition (device_id, tunnel_id, at, transition_id, state, source) VALUES (1, 101, '2026-06-18 00:31:17+00', 9, 'down', 'ftmd');
INSERT INTO ikewatch.exchange_outlier (device_id, exchange_id, tunnel_id, requested, answered, outcome, near_miss)
VALUES (1, 7, 101, '2026-06-18 00:00+00', '2026-06-18 00:00:00.25+00', 'a', false), (1, 8, NULL, '2026-06-18 00:00+00', NULL, 'p', false);
INSERT INTO ikewatch.flap_15m VALUES (1, 100, '2026-06-18 00:30+00', 'path-loss', 1, 1, 1, 600500, 956500, 600500, 600500);
INSERT INTO ikewatch.near_miss_15m VALUES (1, 101, '2026-06-18 00:30+00', 2);
SELECT id, device, tunnel, vpn, local, peer, state FROM ikewatch.v_tunnels;
SELECT id, device, tunnel, symptom, cause, duration_s FROM ikewatch.v_incidents;
SELECT id, tunnel, downtime_s, blackout_s, flap, incident FROM ikewatch.v_outages ORDER BY id;
SELECT id, tunnel, at, state, source FROM ikewatch.v_transitions;
SELECT id, device, tunnel, answer_s, outcome FROM ikewatch.v_exchanges ORDER BY id;
SELECT tunnel, bucket, cause, outages, flaps, near_misses, downtime_s FROM ikewatch.v_flaps_15m ORDER BY cause;
