-- id_text(id) — an id as it is written outside SQL.
--
-- In      id  bigint  a 64-bit hash
-- Out     text  16 hex digits; NULL for NULL
-- Used by the functions of the API
CREATE OR REPLACE FUNCTION ikewatch.id_text(id bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT lpad(to_hex(id_text.id), 16, '0');
END;
COMMENT ON FUNCTION ikewatch.id_text(bigint) IS 'An id as 16 hex digits';
