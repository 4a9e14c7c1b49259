\set ECHO errors
\i api.data
\set ECHO all
SELECT ikewatch.api_find_device('vedge01'), ikewatch.api_find_device('4.0.5.2'), ikewatch.api_find_device('vedge09') IS NULL AS none;
