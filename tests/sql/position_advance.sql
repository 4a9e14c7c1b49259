INSERT INTO ikewatch.position (consumer_group, topic, partition, position, epoch, owner) VALUES ('g', 't', 3, 100, 7, 'noc1:1:a');
SELECT ikewatch.position_advance('g', 't', 3, 150, 7, 100, 1781740800000, 200, 149, 4711);
SELECT position, epoch, owner, end_offset, watermark, committed_at IS NOT NULL AS committed FROM ikewatch.position;
-- An unknown end and an older clock change neither.
SELECT ikewatch.position_advance('g', 't', 3, 151, 7, 150, 1781740799999, -1, NULL, NULL);
SELECT ikewatch.position_advance('g', 't', 3, 152, 7, 151, NULL, -1, NULL, NULL);
SELECT position, end_offset, watermark, last_offset, last_hash FROM ikewatch.position;
-- Another epoch, another position, no such partition.
\set VERBOSITY sqlstate
SELECT ikewatch.position_advance('g', 't', 3, 160, 6, 152, NULL, -1, NULL, NULL);
SELECT ikewatch.position_advance('g', 't', 3, 160, 7, 151, NULL, -1, NULL, NULL);
SELECT ikewatch.position_advance('g', 't', 4, 160, 7, 152, NULL, -1, NULL, NULL);
SELECT position FROM ikewatch.position;
