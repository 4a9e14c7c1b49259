-- Every table, view, type and function says what it is for, and so does every column of a table.
SELECT c.oid::regclass AS silent
  FROM pg_class AS c
 WHERE c.relnamespace = 'ikewatch'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND obj_description(c.oid, 'pg_class') IS NULL;
SELECT a.attrelid::regclass AS silent, a.attname
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'ikewatch'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relname <> 'exchange_outlier' AND col_description(c.oid, a.attnum) IS NULL;
SELECT t.oid::regtype AS silent FROM pg_type AS t
 WHERE t.typnamespace = 'ikewatch'::regnamespace AND t.typtype = 'e' AND obj_description(t.oid, 'pg_type') IS NULL;
SELECT p.oid::regprocedure AS silent FROM pg_proc AS p
 WHERE p.pronamespace = 'ikewatch'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;
-- Every key of a content table starts with the device.
SELECT i.indrelid::regclass AS "table", a.attname AS starts_with
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
 WHERE i.indisprimary AND c.relnamespace = 'ikewatch'::regnamespace AND a.attname <> 'device_id'
   AND c.relname IN (SELECT name FROM ikewatch.digest() UNION SELECT 'evidence');
-- PUBLIC may execute nothing; the API what only reads, all tables but the checkpoints; Grafana the views.
SELECT p.oid::regprocedure AS open_to_all FROM pg_proc AS p
 WHERE p.pronamespace = 'ikewatch'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE');
SELECT p.oid::regprocedure AS writes FROM pg_proc AS p
 WHERE p.pronamespace = 'ikewatch'::regnamespace AND NOT has_function_privilege('ikewatch_api', p.oid, 'EXECUTE') ORDER BY p.oid::regprocedure::text;
SELECT c.oid::regclass AS closed_to_api FROM pg_class AS c
 WHERE c.relnamespace = 'ikewatch'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT has_table_privilege('ikewatch_api', c.oid, 'SELECT');
SELECT c.oid::regclass AS open_to_grafana FROM pg_class AS c
 WHERE c.relnamespace = 'ikewatch'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND has_table_privilege('ikewatch_grafana', c.oid, 'SELECT')
 ORDER BY c.oid::regclass::text;
