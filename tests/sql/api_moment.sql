SELECT ikewatch.api_moment('2026-03-01 00:24:08Z', NULL);
SELECT ikewatch.api_moment('2026-03-01 15:24:08.5Z', 'Asia/Tokyo');
SELECT ikewatch.api_moment('2026-07-01 00:24:08Z', 'Europe/Berlin');
SELECT ikewatch.api_moment(NULL, 'Asia/Tokyo') IS NULL AS nothing;
