-- migrate_applied: what has run, in order.
--
-- Out     version, name, when
SELECT version, name, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM ikewatch.migration ORDER BY version
