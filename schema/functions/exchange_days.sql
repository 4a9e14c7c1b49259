-- exchange_days(days, lo, hi) — make the exchange partitions of these days that are within [lo, hi].
--
-- In      days    date[]  UTC days that rows to be stored need
--         lo, hi  date    the retention: other days get no table of their own
-- Out     those of the days that have a partition now, old ones outside [lo, hi] included
-- Writes  exchange_YYYYMMDD. One maker at a time (advisory lock). CREATE and then ATTACH, because PARTITION OF would lock
--         every reader out; the CHECK spares ATTACH the scan.
-- Used by schema/partition.c, in a transaction of its own
CREATE OR REPLACE FUNCTION ikewatch.exchange_days(days date[], lo date, hi date)
RETURNS SETOF date
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    d date;
    part text;
    since text;
    until text;
BEGIN
    -- to_regclass() may answer from a cache of before the lock was granted; a look into pg_class cannot
    FOR d IN SELECT DISTINCT u FROM unnest(days) AS u ORDER BY u LOOP
        part := 'exchange_' || to_char(d, 'YYYYMMDD');
        since := to_char(d, 'YYYY-MM-DD') || ' 00:00:00+00';
        until := to_char(d + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
        IF to_regclass('ikewatch.' || part) IS NULL AND d BETWEEN lo AND hi THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('ikewatch.exchange_days', 0));
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = part AND relnamespace = 'ikewatch'::regnamespace) THEN
                EXECUTE format('CREATE TABLE ikewatch.%I (LIKE ikewatch.exchange INCLUDING ALL, '
                               'CONSTRAINT day CHECK (requested >= %L AND requested < %L))', part, since, until);
                EXECUTE format('ALTER TABLE ikewatch.exchange ATTACH PARTITION ikewatch.%I FOR VALUES FROM (%L) TO (%L)',
                               part, since, until);
                EXECUTE format('ALTER TABLE ikewatch.%I DROP CONSTRAINT day', part);
                EXECUTE format('COMMENT ON TABLE ikewatch.%I IS %L', part, 'exchange, requests of the UTC day in its name');
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ikewatch_api') THEN
                    EXECUTE format('GRANT SELECT ON ikewatch.%I TO ikewatch_api', part);
                END IF;
            END IF;
        END IF;
        IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = part AND relnamespace = 'ikewatch'::regnamespace) THEN
            RETURN NEXT d;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ikewatch.exchange_days(date[], date, date) IS 'Make the day partitions of exchange that rows need';
