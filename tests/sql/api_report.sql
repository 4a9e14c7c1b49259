\set ECHO errors
\i api.data
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT ikewatch.api_report(101, '10m', '15m', 'en');
SELECT ikewatch.api_report(103, '10m', '15m', 'en');
SELECT count(*) FROM ikewatch.api_report(999, '10m', '15m', 'en');
