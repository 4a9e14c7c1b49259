-- digest() — what the content tables hold, in one comparable line each.
--
-- Out     name, rows, hash (16 hex digits): the sum, modulo 2^64, of a hash of every row's text, so the order does not matter.
--         An incident is hashed with its evidence, an exchange wherever it lies. Positions, checkpoints, gaps and dead letters are
--         not content.
-- Used by tests and operators: two databases fed the same topic have equal digests
CREATE OR REPLACE FUNCTION ikewatch.digest()
RETURNS TABLE (name text, rows bigint, hash text)
LANGUAGE sql STABLE
SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' SET extra_float_digits = 1
BEGIN ATOMIC
    WITH content (name, line) AS (
        SELECT 'device', r::text FROM ikewatch.device AS r
        UNION ALL SELECT 'tunnel', r::text FROM ikewatch.tunnel AS r
        UNION ALL SELECT 'exchange', r::text FROM (SELECT * FROM ikewatch.exchange UNION ALL SELECT * FROM ikewatch.exchange_outlier) AS r
        UNION ALL SELECT 'near_miss', r::text FROM ikewatch.near_miss AS r
        UNION ALL SELECT 'transition', r::text FROM ikewatch.transition AS r
        UNION ALL SELECT 'incident', r::text || (SELECT coalesce(string_agg(e::text, '' ORDER BY e.ordinal), '')
                                                   FROM ikewatch.evidence AS e
                                                  WHERE e.device_id = r.device_id AND e.incident_id = r.incident_id)
                    FROM ikewatch.incident AS r
        UNION ALL SELECT 'outage', r::text FROM ikewatch.outage AS r
        UNION ALL SELECT 'flap_15m', r::text FROM ikewatch.flap_15m AS r
        UNION ALL SELECT 'flap_daily', r::text FROM ikewatch.flap_daily AS r
        UNION ALL SELECT 'near_miss_15m', r::text FROM ikewatch.near_miss_15m AS r
        UNION ALL SELECT 'near_miss_daily', r::text FROM ikewatch.near_miss_daily AS r
    ), summed AS (
        SELECT t.place, t.name, count(c.line) AS rows,
               mod(coalesce(sum(hashtextextended(c.line, 0)::numeric), 0) + 18446744073709551616::numeric * 4611686018427387904,
                   18446744073709551616) AS sum
          FROM unnest(ARRAY['device', 'tunnel', 'exchange', 'near_miss', 'transition', 'incident', 'outage', 'flap_15m', 'flap_daily',
                            'near_miss_15m', 'near_miss_daily']) WITH ORDINALITY AS t (name, place)
          LEFT JOIN content AS c ON c.name = t.name
         GROUP BY t.place, t.name
    )
    SELECT s.name, s.rows,
           lpad(to_hex((CASE WHEN s.sum >= 9223372036854775808 THEN s.sum - 18446744073709551616 ELSE s.sum END)::bigint), 16, '0')
      FROM summed AS s
     ORDER BY s.place;
END;
COMMENT ON FUNCTION ikewatch.digest() IS 'Rows and order-independent hash of every content table';
