-- inside, over an edge, around, beside, touching, not ended
SELECT ikewatch.overlap_ms('2026-06-18 00:01', '2026-06-18 00:02', '2026-06-18 00:00', '2026-06-18 00:15') AS inside,
       ikewatch.overlap_ms('2026-06-18 00:14:59.999', '2026-06-18 00:16', '2026-06-18 00:00', '2026-06-18 00:15') AS over_the_edge,
       ikewatch.overlap_ms('2026-06-17', '2026-06-19', '2026-06-18 00:00', '2026-06-18 00:15') AS around,
       ikewatch.overlap_ms('2026-06-17', '2026-06-17 12:00', '2026-06-18 00:00', '2026-06-18 00:15') AS beside,
       ikewatch.overlap_ms('2026-06-17', '2026-06-18 00:00', '2026-06-18 00:00', '2026-06-18 00:15') AS touching,
       ikewatch.overlap_ms('2026-06-17', NULL, '2026-06-18 00:00', '2026-06-18 00:15') AS not_ended;
