-- migrate_exists: one row if there is a schema at all.
SELECT true WHERE to_regclass('ikewatch.meta') IS NOT NULL
