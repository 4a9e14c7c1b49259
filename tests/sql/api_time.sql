-- No fleet is needed.
SELECT ikewatch.api_time('2026-03-01 09:24:08+09'), ikewatch.api_time('2026-03-01 00:24:08.5Z'), ikewatch.api_time(NULL) IS NULL AS null_stays;
SET timezone = 'Asia/Tokyo';
SELECT ikewatch.api_time('2026-03-01 09:24:08+09');
