\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_evidence(101, '15m');
SELECT ikewatch.api_evidence(103, '15m');
SELECT count(*) FROM ikewatch.api_evidence(999, '15m');
