-- migrate_lock: one migrator at a time, until the session ends or unlocks.
SELECT pg_advisory_lock(hashtextextended('ikewatch.migrate', 0))
