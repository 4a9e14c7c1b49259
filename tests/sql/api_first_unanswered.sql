\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_first_unanswered(101);
SELECT ikewatch.api_first_unanswered(102) IS NULL AS none;
