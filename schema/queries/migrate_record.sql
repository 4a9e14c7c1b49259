-- migrate_record: a migration has run.
--
-- In      $1 version, $2 name
WITH done AS (INSERT INTO ikewatch.migration (version, name) VALUES ($1::integer, $2))
UPDATE ikewatch.meta SET schema_version = $1::integer
