-- migrate_unlock: the next one may go.
SELECT pg_advisory_unlock(hashtextextended('ikewatch.migrate', 0))
