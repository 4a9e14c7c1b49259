SELECT * FROM ikewatch.digest();
INSERT INTO ikewatch.device (device_id, name, last_seen) VALUES (1, 'vedge01', '2026-06-18 00:24:08+00'), (2, 'vedge02', NULL);
INSERT INTO ikewatch.incident (device_id, incident_id, tunnel_id, symptom, began) VALUES (1, 10, 100, 'down', '2026-06-18 00:31:17+00');
CREATE TEMP TABLE before AS SELECT * FROM ikewatch.digest();
-- The order of rows, the session's zone and formats do not matter.
DELETE FROM ikewatch.device WHERE device_id = 1;
INSERT INTO ikewatch.device (device_id, name, last_seen) VALUES (1, 'vedge01', '2026-06-18 09:24:08+09');
SET timezone = 'Asia/Tokyo';
SET datestyle = 'SQL, DMY';
SELECT count(*) FROM (TABLE before EXCEPT SELECT * FROM ikewatch.digest()) AS differing;
-- A value matters, and so does evidence, to the incident.
UPDATE ikewatch.device SET last_seen = '2026-06-18 09:24:09+09' WHERE device_id = 1;
INSERT INTO ikewatch.evidence (device_id, incident_id, ordinal, text) VALUES (1, 10, 1, 'giving up after 3 retransmits');
SELECT name FROM (SELECT * FROM ikewatch.digest() EXCEPT TABLE before) AS differing ORDER BY 1;
-- Where an exchange lies does not matter; positions are not content.
SELECT * FROM ikewatch.exchange_days('{2026-06-18}', '2026-01-01', '2026-12-31') AS day;
INSERT INTO ikewatch.exchange (device_id, exchange_id, requested, outcome, near_miss) VALUES (1, 1, '2026-06-18 00:00+00', 'p', false);
CREATE TEMP TABLE inside AS SELECT * FROM ikewatch.digest();
WITH moved AS (DELETE FROM ikewatch.exchange RETURNING *) INSERT INTO ikewatch.exchange_outlier SELECT * FROM moved;
INSERT INTO ikewatch.position (consumer_group, topic, partition) VALUES ('g', 't', 0);
SELECT count(*) FROM (TABLE inside EXCEPT SELECT * FROM ikewatch.digest()) AS differing;
