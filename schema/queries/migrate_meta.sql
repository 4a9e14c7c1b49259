-- migrate_meta: the version of the schema.
SELECT schema_version, min_compatible, function_digest FROM ikewatch.meta
