\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_evidence_rows(101);
SELECT ikewatch.api_evidence_rows(103);
