SELECT ikewatch.api_known_until('2026-03-01 00:00Z', '2026-03-01 01:00Z', '15m') AS silent, ikewatch.api_known_until('2026-03-01 00:50Z', '2026-03-01 01:00Z', '15m') AS reporting,
       ikewatch.api_known_until('2026-03-01 01:10Z', '2026-03-01 01:00Z', '15m') AS ahead, ikewatch.api_known_until('2026-03-01 00:00Z', NULL, '15m') AS nothing_read;
