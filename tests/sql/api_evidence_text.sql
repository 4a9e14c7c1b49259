\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_evidence_text(101);
SELECT ikewatch.api_evidence_text(103);
SELECT count(*) FROM ikewatch.api_evidence_text(999);
