-- migrate_functions: these functions are in place.
--
-- In      $1 digest
UPDATE ikewatch.meta SET function_digest = $1
