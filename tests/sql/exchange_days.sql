-- Days within the retention are made, others are not; asking again changes nothing.
SELECT * FROM ikewatch.exchange_days('{2026-06-18,2026-06-19,2026-06-18,2020-01-01,2026-06-21}', '2025-05-14', '2026-06-20') AS day;
SELECT * FROM ikewatch.exchange_days('{2026-06-18,2026-06-19}', '2025-05-14', '2026-06-20') AS day;
-- A day that has a partition is told although it is too old by now.
SELECT * FROM ikewatch.exchange_days('{2026-06-18}', '2027-01-01', '2027-02-01') AS day;
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound,
       (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid) AS indexes,
       (SELECT count(*) FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c') AS checks
  FROM pg_inherits AS h JOIN pg_class AS c ON c.oid = h.inhrelid
 WHERE h.inhparent = 'ikewatch.exchange'::regclass ORDER BY 1;
-- Days are UTC's whatever the session's zone is.
SET timezone = 'Asia/Tokyo';
SELECT * FROM ikewatch.exchange_days('{2026-06-20}', '2025-05-14', '2026-06-20') AS day;
INSERT INTO ikewatch.exchange (device_id, exchange_id, requested, outcome, near_miss)
VALUES (1, 1, '2026-06-20 00:00:00+00', 'p', false), (1, 2, '2026-06-20 23:59:59.999+00', 'p', false);
SELECT tableoid::regclass, count(*) FROM ikewatch.exchange GROUP BY 1;
INSERT INTO ikewatch.exchange (device_id, exchange_id, requested, outcome, near_miss)
VALUES (1, 3, '2026-06-21 00:00:00+00', 'p', false);
