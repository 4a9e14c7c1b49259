-- flush_dead_letter: records that could not be read. All are counted; so many are kept as there is room for, and all that the database
-- refused, as a replay must leave these out. One that is there already is of a topic made anew: the later is kept.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 how many may be kept, NULL: all
WITH counted AS (
    INSERT INTO ikewatch.dead_letter_count AS t (consumer_group, topic, partition, reason, count)
    SELECT $1::text, $2::text, $3::integer, s.reason, count(*) FROM pg_temp.stage_dead_letter AS s GROUP BY s.reason
        ON CONFLICT (consumer_group, topic, partition, reason) DO UPDATE
       SET count = t.count + EXCLUDED.count
)
INSERT INTO ikewatch.dead_letter AS t (consumer_group, topic, partition, source_offset, reason, detail, record_time, record_key, record_value,
        value_bytes, record_headers)
SELECT $1::text, $2::text, $3::integer, s.source_offset, s.reason, s.detail, s.record_time, s.record_key, s.record_value, s.value_bytes,
       s.record_headers
  FROM (SELECT l.*, row_number() OVER (ORDER BY l.source_offset) AS n FROM pg_temp.stage_dead_letter AS l) AS s
 WHERE s.reason = 'refused-by-database' OR $4::bigint IS NULL
    OR s.n <= $4::bigint - (SELECT count(*) FROM ikewatch.dead_letter AS d WHERE d.consumer_group = $1 AND d.topic = $2 AND d.partition = $3::integer)
    ON CONFLICT (topic, partition, source_offset, consumer_group) DO UPDATE
   SET reason = EXCLUDED.reason, detail = EXCLUDED.detail, record_time = EXCLUDED.record_time, record_key = EXCLUDED.record_key,
       record_value = EXCLUDED.record_value, value_bytes = EXCLUDED.value_bytes, record_headers = EXCLUDED.record_headers, sent_at = NULL, send_error = NULL, replayed_at = NULL
