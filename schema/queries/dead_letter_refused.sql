-- dead_letter_refused: the records that a replay must leave out, because they were left out.
--
-- In      $1 consumer group, $2 topic, $3 partition
-- Out     offset
SELECT d.source_offset
  FROM ikewatch.dead_letter AS d
  JOIN ikewatch.position AS p USING (consumer_group, topic, partition)
 WHERE d.consumer_group = $1 AND d.topic = $2 AND d.partition = $3::integer AND d.reason = 'refused-by-database'
   AND d.source_offset < p."position"
 ORDER BY d.source_offset
